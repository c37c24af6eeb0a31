/** Seeded model generators; they live in scripts/ because the quickstart uses them, too. */

export { tinyGguf } from "../../scripts/tiny-gguf.ts";
export {
  randomBytesFrom,
  safetensors,
  tinySafetensors,
  writeTinyGguf,
  writeTinyModel,
} from "../../scripts/tiny-model.ts";
