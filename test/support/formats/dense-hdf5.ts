import { gunzipSync } from "node:zlib";

/**
 * What h5py 3.16.0 writes, compressed:
 *
 * ```python
 * with h5py.File(name, "w", libver="latest") as file:
 *     for number in range(20):
 *         file.create_dataset(f"m{number}", (number + 1,), "f4")
 *         file.attrs[f"a{number}"] = numpy.bytes_(b"v" * number or b"-")
 *     file["out"] = h5py.ExternalLink("other.h5", "/x")
 * ```
 */
const compressed = `
H4sIAAAAAAACA+2ZW0wUVxjHv9kLu+wut2VxBblflBZbFtjlEpHIdlnWSy2V20ObtqgQfKACXWChofahpCjG2thLjPYWaApExYRIaWpLL9G1KvKANZr0
EmtpbbShsS802NCZc2EOA1Q7laTTeF7mfP//N3PO/GbOnnNmd3tc7iBDlEGt1wMtM6T0JeHYRnR/3OCxxzyuLSrwGVTAAajMgpxjwvZX5BhhBg1AYQiO
rhjI2U64B8XakP8s6gIHHGfhe8DxhXj0qLYAFxYfJ3SCL/Fg1YN1F1/T8n1WG/R8n9UcvUUNvfBxUFz5rrPBK2WhIp5KBgu9glmEDV1a6S4tLYJx8tpx
hRyMIAo/PWesv9PpUoxqik8GRpOCMb4U22+8pxeUgqXjTSMDbKiCwdrMnemwpGS1RNfKIGtRMNkf29yPwtKiDSB6gAy0yxWMdu/AnvOwxGx1RNfJYBut
YLbeHZpKWGq4dEbXy4Abr2C431iPbnOWeVz8jfNLgDBe2Z6aQqYPC9Bfu0MnfCfRmmGSTNmcHyBPWEWe+qBt853pBhI9UAbdZAXTdR5MmHFv8ZSgMauC
UJi3cfCTmIIF6bKUlIi7bFHDnMkRuhz0JVDN1fDFn+h5a4U8I3rehUG0DdrKxIfbx9ylfBb4JTsGbl57JeCD+FlnhuxhomDucbzJ/rKzbJMbtEmwQYUa
CgJ1z1gsrEfVxp6r8XCDrwZDv3PcBm+ianVT8ePwLaomb/26FP5A1WvN7T54H1VjD99uBR0nVD2Xb70N29DFKktL3oE9qHq96rf3IB1Vm3e/3g/1qHrh
lQOfQhJ/2jK4cevyeRhDF3uqyzAOiSgh/cuKi5CPqj8cSb0Kn6MEXctnEzCIqvXDNT9DO0po6b02BRGoD9NP1kxDBVJ7Yy6Vw/3CFjQS9IuNhELyatFt
CUgXwEB/le56JGjmjoRUYSTEUK2705+H33Ha8t+/46mzzjkywlbA3OO5xAgXesf1EC5kJgg3B/BxkdUCF4WEOCxMWkuSwENGhyAc3jDjgK3kUoJwZEfT
WnheuEYKFrQ2RwHYBSEJC8GnvcVQIHTkQSw0VZduhkohIxkLWW3aMvTmQyQW3oh7rRxqhVPSsLDmmPEJ+JVDZHBPPUPtcEDIWI2Fnu6JdjgoXCMGCxNn
p9rhXeGUlVgoOl7VAacFYRUWOvc9so8fVmKz3Z+8eBJ+x79ESBjuGjsDEUIrD2DhVG/0L2gsQTQW/JFpN2FIEGKxcGJ/30xA7EDof/8dl8589JOOQcbM
l6rgme+Z6/2rpCzoftkog8VqBbPYWDHSKmVBp3uTDBY2BbMYvX3TLWVBlh8QJIOFXcEsGgddF6QsgokXLINFroJZXDnDbZSyoAuBEBks8hXMomCNaUDK
gk59oTJYrFMwi/2jw8VSFmH0S7YMFi4Fs2jbu2tIysJMPLMMFh4Fs5jq+r5GyiKceOEyWGxSMIvEF1o6pCwskt3SP2FRomAWXeXlR90el3P2T1VUEqZj
J9Wg5jdm/P1X2dD2jCMfWR4SjYw5RrNoZCJDRQ3GyUKOetZhLDuyNKLFeA7kaRmPMbORGcCajJuDXN0cl7Fzka2fazN+HvIDJT6foKEQMB6DNINNwaCM
81LYHMzMND+HTcL4ghZIYrMwyeCFstg0DDVkwTQ2D/MNXTiPTcSowxZJZDMxdfNimWwqfgDhi6Y23/9Q9G+/MwnjP8ckCr5DZ70cqOpsg7NfeFR1GSOc
GGQGqMUg62mNGNg/0oqBw6ITg+x6vRjkjAaKQW6aUQzyUsw0UNdl2DLCmShjrYWJMtdHMFFW+TImsldZmchRt5yJslsjmSinI4qJcl9dwUR5b5E/gjj9
OvXOJi8/8HZ6a6sbH651QLrv//L8/wLgjw++qSMAAA==`;

/** An HDF5 file of the newest form, whose root has more members and attributes than fit its header. */
export function denseHdf5(): Buffer {
  return gunzipSync(Buffer.from(compressed, "base64"));
}
