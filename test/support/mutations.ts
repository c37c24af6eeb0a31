/** A seeded generator of numbers below a bound: the same damage in every run. */
function randomBelow(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(bound, 1);
  };
}

/** What a broken disk, line or attacker makes of a file: cut off, one bit flipped, a piece doubled or taken out. */
export function* mutations(bytes: Uint8Array, count: number, seed = 7): Generator<Uint8Array> {
  const below = randomBelow(seed);
  for (let turn = 0; turn < count; turn++) {
    const at = below(bytes.length);
    const end = Math.min(bytes.length, at + 1 + below(40));
    switch (turn % 4) {
      case 0:
        yield bytes.subarray(0, at);
        break;
      case 1: {
        const flipped = Uint8Array.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << below(8));
        yield flipped;
        break;
      }
      case 2:
        yield Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
        break;
      default:
        yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    }
  }
}
