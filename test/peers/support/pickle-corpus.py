"""Writes files that a scanner of pickles must judge, and index.json with the verdict that each must get.

Run: python pickle-corpus.py <directory>. Nothing is unpickled; what does harm is assembled from opcodes.
"""

import io
import json
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

root = Path(sys.argv[1])
index = {}


def put(name, data, verdict):
    (root / name).write_bytes(data)
    index[name] = verdict


def text(value):
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def call(module, name, argument="echo x"):
    """Protocol 4: module.name(argument)."""
    return b"\x80\x04" + text(module) + text(name) + b"\x93" + text(argument) + b"\x85R."


def old_call(module, name, argument="echo x"):
    """Protocol 0, as `c` and as nothing else."""
    return f"c{module}\n{name}\n(S'{argument}'\ntR.".encode()


# What serializers write.
put("list.pkl", pickle.dumps([1, "two", 3.0, None, True, {"a": (1, 2)}]), "safe")
for protocol in range(6):
    value = {"w": [1.5] * 10, "n": 2**70, "b": b"\x00\xff", "s": {1, 2}, "t": "text\n\u20ac", "o": OrderedDict(a=1)}
    put(f"protocol{protocol}.pkl", pickle.dumps(value, protocol), "safe")
put("two.pkl", pickle.dumps([1]) + pickle.dumps({"b": 2}), "safe")

# Every way to import.
put("global.pkl", old_call("os", "system"), "dangerous")
put("stack-global.pkl", call("posix", "system"), "dangerous")
put("inst.pkl", b"(S'echo x'\nios\nsystem\n.", "dangerous")
put("obj.pkl", b"(cos\nsystem\nS'echo x'\no.", "dangerous")
put("newobj.pkl", b"\x80\x02csubprocess\nPopen\n(S'x'\nt\x81.", "dangerous")
put("memo.pkl", b"\x80\x04" + text("os") + b"\x94" + text("system") + b"\x94" + b"00h\x00h\x01\x93" + text("x") + b"\x85R.", "dangerous")
put("memo-index.pkl", b"\x80\x04" + text("os") + b"q\x05" + text("system") + b"q\x01000h\x05h\x01\x93)R.".replace(b"000", b"00"), "dangerous")
put("dup.pkl", b"\x80\x04" + text("posix") + b"2" + text("system") + b"\x93)R.", "dangerous")
put("unicode-escape.pkl", b"\x80\x04V\\u006fs\nV\\u0073ystem\n\x93)R.", "dangerous")
put("string-escape.pkl", b"\x80\x04S'\\x6fs'\nS'sys\\164em'\n\x93)R.", "dangerous")
put("binstring.pkl", b"\x80\x04U\x02osU\x06system\x93)R.", "dangerous")
put("dotted.pkl", call("torch", "serialization.os.system"), "dangerous")
put("bytes-name.pkl", b"\x80\x04C\x02osC\x06system\x93)R.", "dangerous")
put("ext.pkl", b"\x80\x02\x82\x01)R.", "suspicious")
put("persid.pkl", b"Psome-id\n.", "safe")
put("unknown-module.pkl", call("some_package.models", "Net"), "suspicious")
put("build-on-global.pkl", b"\x80\x02ccollections\nOrderedDict\n}U\x01aK\x01sb.", "dangerous")
put("nested-call.pkl", b"\x80\x02cbuiltins\ngetattr\ncbuiltins\n__import__\nU\x02os\x85RU\x06system\x86RU\x01x\x85R.", "dangerous")
put("unknown-memo.pkl", b"\x80\x04h\x07h\x08\x93)R.", "dangerous")

# Where scanners stopped looking.
put("truncated.pkl", old_call("os", "system")[:-1], "dangerous")
put("broken-after.pkl", old_call("os", "system")[:-1] + b"\xff\xfe", "dangerous")
put("broken.pkl", b"\x80\x04]\xff\xff", "unscannable")
put("second.pkl", pickle.dumps([1]) + call("os", "system"), "dangerous")
put("after-junk.pkl", pickle.dumps([1]) + b"\x00" * 1000 + call("os", "system"), "dangerous")
put("after-stop.pkl", pickle.dumps([1]) + b"junk that is no pickle", "suspicious")
put("proto-late.pkl", b"]\x80\x02.", "suspicious")
put("many-gets.pkl", b"\x80\x02]q\x00" + b"h\x000" * 1000 + b".", "safe")
put("no-extension", call("os", "system"), "dangerous")
put("wrong-extension.safetensors", call("os", "system"), "dangerous")
put("magic-bypass.pt", b"\x80\x02\x8a\x0a" + b"\x00" * 10 + b"." + call("os", "system"), "dangerous")
put("frame-lie.pkl", b"\x80\x04\x95" + struct.pack("<Q", 1) + call("os", "system")[2:], "dangerous")

# Published bypasses of blocklists (advisories of picklescan, modelscan and fickling): each is one more function.
bypasses = """
pip main|pydoc pipepager|timeit timeit|cProfile run|profile runctx|trace Trace.run|bdb Bdb.run|pdb run|ensurepip _run_pip
code InteractiveInterpreter.runcode|doctest debug_script|idlelib.run Executive.runcode|idlelib.pyshell ModifiedInterpreter.runcommand
idlelib.calltip get_entity|idlelib.autocomplete AutoComplete.get_entity|idlelib.debugobj ObjectTreeItem.SetText
lib2to3.pgen2.grammar Grammar.loads|lib2to3.pgen2.pgen ParserGenerator.make_label|distutils.file_util write_file
imaplib IMAP4_stream|logging FileHandler|_io FileIO|pkgutil resolve_name|pty spawn|uuid _get_command_stdout|venv create
numpy.f2py.crackfortran getlincoef|numpy.testing._private.utils runstring|numpy.f2py.crackfortran _eval_length
torch._dynamo.guards GuardBuilder.get|torch._inductor.codecache compile_file|torch.jit.unsupported_tensor_ops execWrapper
torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression|torch.utils._config_module ConfigModule.load_config
torch.utils.bottleneck.__main__ run_cprofile|torch.utils.bottleneck.__main__ run_autograd_prof|torch.utils.collect_env run
torch.utils.data.datapipes.utils.decoder basichandlers|torch.serialization load|asyncio.unix_events _UnixSubprocessTransport._start
_operator attrgetter|operator methodcaller|functools partial|types CodeType|cloudpickle.cloudpickle _make_function|ctypes CDLL
importlib import_module|marshal loads|importlib.util spec_from_file_location|test.support.script_helper assert_python_ok
_osx_support _read_output|_aix_support _read_cmd_output|_pyrepl.pager pipe_pager|urllib.request urlopen|ssl get_server_certificate
multiprocessing.util spawnv_passfds|shelve open|sqlite3 connect|tarfile open|smtplib SMTP|sys setprofile|http.client HTTPConnection
runpy _run_code|webbrowser open|asyncio.subprocess create_subprocess_shell|aiohttp request|commands getoutput|nt system
""".replace("\n", "|")
for number, entry in enumerate(filter(None, bypasses.split("|"))):
    module, name = entry.split()
    put(f"bypass{number:02}-{module}.{name}.pkl", call(module, name), "dangerous")


# Archives of PyTorch's form.
def archive(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compression)
    return bytearray(stream.getvalue())


tensor = (
    b"\x80\x02ccollections\nOrderedDict\n)R(X\x06\x00\x00\x00weightctorch._utils\n_rebuild_tensor_v2\n("
    b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQK\x00K\x02K\x03\x86K\x03K\x01\x86"
    b"\x89ccollections\nOrderedDict\n)RtRu."
)
good = {"m/data.pkl": tensor, "m/byteorder": b"little", "m/data/0": struct.pack("<6f", *range(6)), "m/version": b"3\n"}
evil = {**good, "m/data.pkl": call("os", "system")}
put("torch.pt", archive(good), "safe")
put("torch-evil.pt", archive(evil), "dangerous")
put("torch-deflated.pt", archive(evil, zipfile.ZIP_DEFLATED), "dangerous")
put("torch-second-pickle.pt", archive({**good, "m/data/1.pkl": call("os", "system")}), "dangerous")
put("torch-other-root.pt", archive({**good, "n/data.pkl": call("os", "system")}), "dangerous")
put("torch-unnamed.pt", archive({**good, "m/extra": call("os", "system")}), "dangerous")
put("torch-nested.pt", archive({**good, "m/inner.zip": bytes(archive(evil))}), "dangerous")
put("torch-code.pt", archive({**good, "m/code/model.py": b"import os"}), "suspicious")
put("torch-prefixed.pt", b"#" * 100 + bytes(archive(evil)), "dangerous")
put("torch-trailing.pt", bytes(archive(good)) + b"trailing", "suspicious")


def patched(members, offset, value, where=b"PK\x01\x02"):
    data = archive(members)
    at = data.find(where)
    data[at + offset : at + offset + len(value)] = value
    return data


put("torch-crc.pt", patched(evil, 16, b"\0\0\0\0"), "dangerous")
put("torch-crc-good.pt", patched(good, 16, b"\0\0\0\0"), "suspicious")
for bit in (0x1, 0x20, 0x40):
    put(f"torch-flag{bit:#x}.pt", patched(evil, 8, struct.pack("<H", bit)), "dangerous")
put("torch-local-name.pt", patched(evil, 30, b"x/data.txt", b"PK\x03\x04"), "dangerous")
put("torch-local-gone.pt", patched(evil, 0, b"XXXX", b"PK\x03\x04"), "unscannable")
put("torch-local-method.pt", patched(evil, 8, b"\x63\0", b"PK\x03\x04"), "dangerous")
hidden = archive(good)
at = hidden.find(b"PK\x01\x02")
local = bytes(archive(evil))
put("torch-no-directory.pt", local[: local.find(b"PK\x01\x02")], "unscannable")
put("seven.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 30, "unscannable")

# PyTorch before 1.6.
magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
legacy = magic + b"\x80\x02M\xe9\x03." + pickle.dumps({"little_endian": True}, 2)
legacy_tensor = tensor.replace(b"K\x06tQ", b"K\x06NtQ")
storage = struct.pack("<q6f", 6, *range(6))
put("legacy.pt", legacy + legacy_tensor + pickle.dumps(["0"], 2) + storage, "safe")
put("legacy-evil.pt", legacy + call("os", "system") + pickle.dumps(["0"], 2) + storage, "dangerous")
put("legacy-trailing.pt", legacy + legacy_tensor + pickle.dumps(["0"], 2) + storage + call("os", "system"), "dangerous")

# NumPy, and what joblib makes of it.
def npy(descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


put("floats.npy", npy("<f4", "(2, 3)", struct.pack("<6f", *range(6))), "safe")
put("objects.npy", npy("|O", "(1,)", call("os", "system")), "dangerous")
put("escaped.npy", npy("\\x7cO", "(1,)", call("os", "system")), "unscannable")
put("longer.npy", npy("<f4", "(2, 3)", struct.pack("<7f", *range(7))), "suspicious")
put("arrays.npz", archive({"a.npy": npy("<f4", "(1,)", struct.pack("<f", 1))}), "safe")
put("objects.npz", archive({"a.npy": npy("|O", "(1,)", call("os", "system"))}), "dangerous")

try:
    import joblib
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    points = numpy.arange(40, dtype="f8").reshape(20, 2)
    labels = numpy.arange(20) % 2
    linear = LogisticRegression().fit(points, labels)
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(points, labels)
    words = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good day", "bad day"] * 5, [0, 1] * 5)
    for name, model in {"linear": linear, "forest": forest, "words": words}.items():
        put(f"sklearn-{name}.pkl", pickle.dumps(model), "safe")
        stream = io.BytesIO()
        joblib.dump(model, stream)
        put(f"sklearn-{name}.joblib", stream.getvalue(), "safe")
    joblib.dump(forest, root / "compressed.joblib", compress=3)
    index["compressed.joblib"] = "safe"
    joblib.dump(forest, root / "bz2.joblib", compress=("bz2", 3))
    index["bz2.joblib"] = "unscannable"
    objects = numpy.array([1, "a", None], dtype=object)
    joblib.dump({"first": points, "objects": objects, "last": points}, root / "object-array.joblib")
    index["object-array.joblib"] = "safe"
    stream = io.BytesIO()
    joblib.dump({"first": points}, stream)
    put("after-array.joblib", stream.getvalue() + call("os", "system"), "dangerous")
    put("array.pkl", pickle.dumps({"a": points, "r": numpy.random.RandomState(1)}), "safe")
    import cloudpickle

    offset = 3
    put("cloudpickle.pkl", cloudpickle.dumps(lambda x: x + offset), "dangerous")
except ImportError as missing:
    print(f"left out: {missing}", file=sys.stderr)

# Keras: an archive, and HDF5 with the same configuration in an attribute.
def layers(name):
    return json.dumps({"class_name": "Sequential", "config": {"layers": [{"class_name": name, "config": {}}]}})


put("keras-plain.keras", archive({"metadata.json": b"{}", "config.json": layers("Dense").encode()}), "safe")
put("keras-lambda.keras", archive({"metadata.json": b"{}", "config.json": layers("Lambda").encode()}), "dangerous")
try:
    import h5py
    import numpy

    def hdf5(name, verdict, fill, **options):
        with h5py.File(root / name, "w", **options) as file:
            fill(file)
        index[name] = verdict

    def model(name):
        def fill(file):
            file.attrs["model_config"] = layers(name)
            file.create_dataset("model_weights/dense/kernel:0", data=numpy.zeros((3, 4), "f4"), compression="gzip")

        return fill

    def many(file):
        for number in range(40):
            file.create_group(f"layer{number}").create_dataset("w", data=numpy.zeros(3))

    hdf5("keras-plain.h5", "safe", model("Dense"))
    hdf5("keras-new-form.h5", "safe", model("Dense"), libver="latest")
    hdf5("keras-lambda.h5", "dangerous", model("Lambda"))
    hdf5("keras-many.h5", "safe", many)
    # Many members in the newer form are in a heap.
    hdf5("keras-heap.h5", "safe", many, libver="latest")
    hdf5("keras-link.h5", "dangerous", lambda file: file.__setitem__("x", h5py.ExternalLink("other.h5", "/x")))
    hdf5("keras-external.h5", "dangerous", lambda file: file.create_dataset("x", (4,), "f4", external=[("/etc/passwd", 0, 16)]))
    hdf5("keras-pytables.h5", "dangerous", lambda file: file.attrs.__setitem__("x", numpy.bytes_(old_call("os", "system"))))
except ImportError as missing:
    print(f"left out: {missing}", file=sys.stderr)


# TensorFlow: a graph as protobuf, whose operation does harm.
def field(number, content):
    return bytes([number * 8 + 2, len(content)]) + content


def graph(operation):
    return b"\x08\x01" + field(2, field(2, field(1, field(1, b"n") + field(2, operation))))


(root / "tf-plain").mkdir()
(root / "tf-write").mkdir()
put("tf-plain/saved_model.pb", graph(b"MatMul"), "safe")
put("tf-write/saved_model.pb", graph(b"WriteFile"), "dangerous")

(root / "index.json").write_text(json.dumps(index, indent=1))
