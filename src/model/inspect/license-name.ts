/** What stands for a licence text that names none of those below. */
export const unknownLicense = "not recognised";

/** Licences by words at their beginning; the first that fits. */
const known: readonly (readonly [id: string, pattern: RegExp])[] = [
  ["apache-2.0", /apache license\s{1,9}version 2\.0/i],
  ["gpl-3.0", /gnu general public license\s{1,9}version 3/i],
  ["gpl-2.0", /gnu general public license\s{1,9}version 2/i],
  ["agpl-3.0", /gnu affero general public license\s{1,9}version 3/i],
  ["lgpl-3.0", /gnu lesser general public license\s{1,9}version 3/i],
  ["mpl-2.0", /mozilla public license,? version 2\.0/i],
  ["cc-by-nc-sa-4.0", /attribution-noncommercial-sharealike 4\.0/i],
  ["cc-by-nc-4.0", /attribution-noncommercial 4\.0/i],
  ["cc-by-sa-4.0", /attribution-sharealike 4\.0/i],
  ["cc-by-4.0", /creative commons attribution 4\.0|attribution 4\.0 international/i],
  ["cc0-1.0", /cc0 1\.0 universal/i],
  ["openrail", /\bopen\s?rail(?:-?\+?\+?-?m)?\b/i],
  ["llama4", /llama 4 community license/i],
  ["llama3.3", /llama 3\.3 community license/i],
  ["llama3.2", /llama 3\.2 community license/i],
  ["llama3.1", /llama 3\.1 community license/i],
  ["llama3", /llama 3 community license/i],
  ["llama2", /llama 2 community license/i],
  ["gemma", /gemma terms of use/i],
  ["bsd-3-clause", /redistribution and use in source and binary forms[\s\S]{0,2000}neither the name/i],
  ["bsd-2-clause", /redistribution and use in source and binary forms/i],
  ["mit", /\bmit license\b|permission is hereby granted, free of charge, to any person obtaining a copy/i],
];

const spdxLine = /SPDX-License-Identifier:[ \t]{0,9}([A-Za-z0-9.+() -]{1,100})/;

/** A licence names itself at its beginning. */
const headCharacters = 16 * 1024;

/** Names the licence of a text, as Hugging Face and SPDX do in lower case; undefined for one that is not known. */
export function licenseOf(license: string): string | undefined {
  const text = license.slice(0, headCharacters);
  const spdx = spdxLine.exec(text)?.[1]?.trim().toLowerCase();
  return spdx ?? known.find(([, pattern]) => pattern.test(text))?.[0];
}
