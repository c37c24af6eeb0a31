import type { RecordTime } from "../../lifecycle/index.ts";
import type { RecordTimeView } from "../results/record-time.ts";
import type { Paint } from "./paint.ts";
import { safe } from "./text.ts";

/** A record's time as results show it; seconds, since a timestamp has no more. */
export function viewRecordTime({
  authorities,
  differenceMs,
  logs,
  provenAt,
  reason,
  status,
}: RecordTime): RecordTimeView {
  return {
    status,
    ...(provenAt === undefined ? {} : { provenAt }),
    ...(differenceMs === undefined ? {} : { differenceSeconds: differenceMs / 1000 }),
    ...(authorities.length > 0 ? { authorities: [...authorities] } : {}),
    ...(logs.length > 0 ? { logs: [...logs] } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What there is to say about a record's time; nothing about a signer's word alone, which is the ordinary case. */
export function recordTimeWords(view: RecordTimeView, paint: Paint): string | undefined {
  const { authorities = [], differenceSeconds = 0, logs = [], provenAt, reason, status } = view;
  const logged = logs.length > 0 ? `; in ${logs.map(safe).join(", ")}` : "";
  const by = `${provenAt} by ${authorities.map(safe).join(", ")}, ${Math.ceil(differenceSeconds)} s apart`;
  switch (status) {
    case "claimed":
      return logs.length > 0 ? `time not proven${logged}` : undefined;
    case "proven":
      return `time proven: ${by}${logged}`;
    case "disputed":
      return paint.bad(`time disputed: ${by}${logged}`);
    case "invalid":
      return paint.bad(`time not proven: ${safe(reason ?? "")}`);
    case "unchecked":
      return "time not checked: no trusted root was given";
  }
}
