"""Runs a task of Inspect AI with its mock model, offline, and writes one log per way of running it: argv[1] is where."""

import sys

import tiktoken


class Words:
    """Counts tokens for the log: the real encoding is downloaded on first use."""

    def encode(self, text, **_):
        return list(text.encode())


tiktoken.get_encoding = lambda name: Words()

from inspect_ai import Task, eval, task  # noqa: E402
from inspect_ai.dataset import MemoryDataset, Sample  # noqa: E402
from inspect_ai.scorer import includes, match  # noqa: E402
from inspect_ai.solver import generate  # noqa: E402


@task
def capitals(kind="easy"):
    # The mock model answers "Default output from mockllm/model" to everything.
    samples = [Sample(input=str(n), target=target) for n, target in enumerate(["Default", "Paris", "mockllm"])]
    return Task(
        dataset=MemoryDataset(samples, name="capitals"),
        solver=[generate()],
        scorer=[match(location="any"), includes()],
        version=3,
    )


def run(name, which, **options):
    eval(which, model="mockllm/model", log_dir=f"{sys.argv[1]}/{name}", display="none", **options)


run("archive", capitals(), log_format="eval")
run("json", capitals(), log_format="json")
run("limited", capitals(), log_format="eval", limit=2)
run("epochs", capitals(), log_format="eval", epochs=2)
run("args", capitals(kind="hard"), log_format="eval")
