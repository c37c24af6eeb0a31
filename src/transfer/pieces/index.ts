/** Files cut into pieces with digests of their own. */
export {
  contentPieceRange,
  contentPieceSize,
  type LocalPiece,
  type Piece,
  pieceLimitBytes,
  type Split,
} from "./piece.ts";
export { PieceHasher } from "./piece-hasher.ts";
