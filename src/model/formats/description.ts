/** A tensor as a file describes it: what {@link Tensor} has, without its place. */
export interface DescribedTensor {
  readonly name: string;
  /** As safetensors spells it where it has the type. */
  readonly dtype: string;
  /** The slowest dimension first. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly elements: number;
}

/** What weights of a format that is not checked at push say of themselves. It serves to show, never to decide. */
export interface WeightsDescription {
  readonly format: string;
  readonly tensors: readonly DescribedTensor[];
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}
