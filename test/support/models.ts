/** Seeded model generators; they live in scripts/ because the quickstart uses them, too. */

export { tinyGguf } from "../../scripts/tiny-gguf.ts";
export {
  randomBytesFrom,
  safetensors,
  type TinyModelOptions,
  tinySafetensors,
  writeBigFile,
  writeTinyGguf,
  writeTinyModel,
} from "../../scripts/tiny-model.ts";
