/**
 * Modules that no model needs: they run programs, read and write files, speak to the network, load or write code, or
 * unpickle again. What picklescan 1.0.5, modelscan 0.8 and fickling 0.1 know, and what reaches them.
 *
 * The list decides between "suspicious" and "dangerous" only: nothing passes for being absent from it.
 */
const modules = new Set(
  `os nt posix posixpath ntpath subprocess _posixsubprocess commands popen2 sys site sysconfig pty tty fcntl signal
socket _socket ssl _ssl socketserver select asyncio aiohttp http httplib urllib urllib2 urllib3 requests ftplib poplib
imaplib smtplib telnetlib nntplib xmlrpc wsgiref webbrowser antigravity webob shutil tempfile glob fileinput linecache
tarfile zipfile zipimport zipapp dbm shelve sqlite3 mmap pickle _pickle cPickle pickletools dill marshal joblib.memory
joblib.parallel joblib.pool cloudpickle ctypes _ctypes cffi gc importlib imp _imp imports runpy pkgutil code codeop
types inspect dis ast symtable compileall py_compile bdb pdb trace tracemalloc timeit profile cProfile
_lsprof pstats doctest unittest test pydoc pydoc_data idlelib lib2to3 venv ensurepip pip setuptools distutils
pkg_resources operator _operator functools threading _thread multiprocessing concurrent logging atexit uuid platform
_osx_support _aix_support _pyrepl readline rlcompleter cmd turtle tkinter curses getpass crypt resource winreg _winreg
msvcrt winsound cgi cgitb mailbox mailcap nturl2path faulthandler io _io fickling picklescan modelscan
numpy.f2py numpy.testing numpy.distutils numpy.ctypeslib numpy.lib.npyio numpy.lib._npyio_impl torch.hub torch.jit
torch.package torch._dynamo torch._inductor torch.fx torch.distributed torch.multiprocessing torch.utils.cpp_extension
torch.utils.bottleneck torch.utils.collect_env torch.utils.data torch.utils._config_module torch.utils.model_zoo
torch.testing pandas.io pandas.core.computation tensorflow.io keras.src.saving jax.experimental.compilation_cache`.split(
    /\s+/,
  ),
);

/** Names that run code, import modules or reach attributes, whatever module offers them. */
const names = new Set(
  `eval exec execfile compile open input breakpoint apply file reload exit quit help __import__ import_module
getattr setattr delattr hasattr vars globals locals dir type super classmethod property memoryview system popen spawn
fork kill call check_call check_output Popen run run_module run_path runctx runcode runsource runstring exec_command
load loads _load_from_bytes load_module resolve_name attrgetter itemgetter methodcaller partial CodeType FunctionType
LambdaType ModuleType _make_function _builtin_type _make_cell _make_empty_cell _function_setstate subimport
__class__ __bases__ __subclasses__ __globals__ __builtins__ __dict__ __getattribute__ __mro__ __code__ __init__
__reduce__ __reduce_ex__ __setstate__ __setattr__ __call__ __loader__ __spec__`.split(/\s+/),
);

/** Tells whether a pickle that imports this would do what no model needs. */
export function isDangerousGlobal(module: string, name: string): boolean {
  const path = module.split(".");
  // A module within a bad one is bad, and so is one that is reached as an attribute of another: `torch.os`.
  for (let end = 1; end <= path.length; end++) if (modules.has(path.slice(0, end).join("."))) return true;
  if (path.slice(1).some((part) => systemModules.has(part))) return true;
  return name.split(".").some((part, _, parts) => names.has(part) || (parts.length > 1 && modules.has(part)));
}

const systemModules = new Set(["os", "sys", "subprocess", "posix", "builtins", "socket", "shutil", "importlib"]);
