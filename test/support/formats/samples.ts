import { deflateSync } from "node:zlib";
import { randomBytesFrom, safetensors, tinyGguf, tinySafetensors } from "../models.ts";
import { zipOf } from "../zip.ts";
import { denseHdf5 } from "./dense-hdf5.ts";
import { hdf5Of } from "./hdf5.ts";
import { message } from "./protobuf.ts";
import { bundleOf } from "./tensor-bundle.ts";
import { tfliteOf } from "./tflite.ts";

const raw = (text: string) => Buffer.from(text, "latin1");

const keras = hdf5Of({
  datasets: { "kernel:0": { shape: [3, 4] }, "bias:0": { shape: [4], filters: [1], external: ["x.bin"] } },
  attributes: { keras_version: "3.5.0", model_config: '{"class_name": "Sequential"}' },
  externalLinks: { other: "b.h5" },
  softLinks: { soft: "/kernel:0" },
});

const npyHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
const npy = raw(`\x93NUMPY\x01\0${String.fromCharCode(npyHeader.length)}\0${npyHeader}${"\0".repeat(24)}`);

const pickle = raw("\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00aK\x01K\x02\x86s.");

/** A tar archive of one member, and the two blocks of zeros at its end. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\x000000000\x000000000\0", 100, "latin1");
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("00000000000\0        0", 136, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

/** A small valid file of every format that is read, by the path that chooses its reader. */
export const samples: Readonly<Record<string, Uint8Array>> = {
  "model.safetensors": tinySafetensors(1).subarray(0),
  "empty.safetensors": safetensors({}, new Uint8Array()),
  "model.gguf": tinyGguf(randomBytesFrom(1)),
  "model.h5": keras,
  "dense.h5": denseHdf5(),
  "model.keras": zipOf([
    { name: "config.json", content: '{"class_name":"Functional"}', deflated: true },
    { name: "model.weights.h5", content: keras },
  ]),
  "model.tflite": tfliteOf({ tensors: [{ name: "w", shape: [2, 3], data: Buffer.alloc(24) }], customOperators: ["X"] }),
  "saved_model.pb": message([
    [1, 1],
    [2, [[2, [[1, [[2, "MatMul"]]]]]]],
  ]),
  "variables/variables.index": bundleOf({
    variables: { a: { shape: [2, 3], offset: 0 }, b: { shape: [], offset: 24 } },
  }),
  "keras_metadata.pb": message([
    [
      1,
      [
        [2, 0],
        [5, '{"class_name":"Dense"}'],
      ],
    ],
  ]),
  "model.onnx": message([
    [1, 10],
    [8, [[2, 18]]],
    [
      7,
      [
        [
          5,
          [
            [1, 2],
            [2, 1],
            [8, "w"],
            [
              13,
              [
                [1, "location"],
                [2, "w.bin"],
              ],
            ],
          ],
        ],
      ],
    ],
  ]),
  "array.npy": npy,
  "arrays.npz": zipOf([{ name: "a.npy", content: npy, deflated: true }]),
  "model.pkl": pickle,
  "model.nemo": tarOf("weights.pkl", pickle),
  "model.joblib": deflateSync(pickle),
  "model.pt": zipOf([
    { name: "m/data.pkl", content: pickle },
    { name: "m/data/0", content: "\0\0\0\0" },
    { name: "m/version", content: "3\n" },
  ]),
};
