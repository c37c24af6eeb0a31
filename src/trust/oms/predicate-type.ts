/** Predicate type of OpenSSF Model Signing v1.0. Apart, so that who only compares it loads no more. */
export const omsPredicateType = "https://model_signing/signature/v1.0";
