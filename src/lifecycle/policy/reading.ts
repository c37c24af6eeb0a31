/** What it takes to find out which policy another one extends, without the checks. */
export { extendedName } from "./read-file.ts";
export { readYaml } from "./yaml.ts";
