import type { CommandModule } from "../context.ts";
import { defineExcept } from "./policy/except.ts";
import { defineExplain } from "./policy/explain.ts";
import { defineInit } from "./policy/init.ts";
import { defineLint } from "./policy/lint.ts";
import { definePush } from "./policy/push.ts";
import { defineTest } from "./policy/test.ts";
import { defineWhoCan } from "./policy/who-can.ts";

export const command: CommandModule = {
  define(program, act) {
    const policy = program.command("policy").description("write, check, test, explain and publish a policy");
    for (const define of [defineInit, defineLint, defineTest, defineExplain, defineWhoCan, definePush, defineExcept]) {
      define(policy, act);
    }
  },
};
