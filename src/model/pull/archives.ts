import { StagedArchive } from "../archive/staged-archive.ts";
import type { HashedMember } from "../archive/tar-archive.ts";
import type { ModelViewFile } from "../view.ts";
import { checkPaths } from "./check-paths.ts";
import { missingOf, type Planned } from "./planned-file.ts";
import type { PullReport } from "./pull-report.ts";
import { isSelected, type Selection } from "./selection.ts";
import type { WantedFile } from "./target-directory.ts";
import type { Workplace } from "./workplace.ts";

interface OpenedArchive<Member extends HashedMember> {
  readonly archive: StagedArchive;
  readonly members: readonly Member[];
}

/** An archive that is here, and the files of it that are wanted. */
export type PlannedArchive = OpenedArchive<Planned<HashedMember>>;

export interface OpenOptions {
  readonly place: Workplace;
  readonly selection: Selection;
  /** Layers that go to the same directory. */
  readonly besides: readonly WantedFile[];
  readonly report: PullReport;
}

export interface RestoreOptions {
  readonly place: Workplace;
  readonly isDurable?: boolean | undefined;
  readonly report: PullReport;
}

/**
 * Fetches archives, one after the other, and selects from what they hold.
 *
 * What they hold is checked together with the layers: no two files may have one path.
 */
export async function openArchives(
  files: readonly ModelViewFile[],
  { place, selection, besides, report }: OpenOptions,
): Promise<readonly PlannedArchive[]> {
  const opened: OpenedArchive<HashedMember>[] = [];
  for (const file of files) {
    const archive = await StagedArchive.open(file, place);
    report.add(file.path, archive.downloaded);
    const members = archive.members.filter(({ path }) => isSelected(path, file.kind, selection));
    opened.push({ archive, members });
  }
  const all = opened.flatMap(({ members }) => members);
  checkPaths([...besides, ...all].map(({ path }) => path));
  const planned: PlannedArchive[] = [];
  for (const { archive, members } of opened) planned.push({ archive, members: await place.plan(members) });
  return planned;
}

/** Writes those members of an archive that are missing. */
export async function restoreMembers(
  { archive, members }: PlannedArchive,
  { place, isDurable, report }: RestoreOptions,
): Promise<void> {
  report.more(members.length);
  for (const { path, presence } of members) if (presence === "present") report.file(path, "present");
  const onFile = ({ path }: WantedFile) => report.file(path, "done");
  const { directory, signal } = place;
  await archive.restore(missingOf(members), directory, { signal, isDurable, onFile });
}
