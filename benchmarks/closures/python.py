"""CPython's cloudpickle as a contestant: the same subjects and the same two stages as drive.mjs and subjects.mjs.

python3 python.py dump|load PLAN    prints the samples as JSON
"""

import json
import pickle
import sys
from time import perf_counter_ns

import cloudpickle

LAMBDA = """
def make(value):
    return (lambda x: x + SEED), (lambda next: None)
"""

DATA = """
def make(value):
    bonus = value
    people = [
        dict(id=i, name=f"person {i}", tags=[f"tag {i}", "all"], place=dict(x=i / 3, y=[i, i + SEED]))
        for i in range(20)
    ]

    def change(next):
        nonlocal bonus
        bonus = next

    return (
        lambda least: ",".join(f"{p['name']}{p['place']['y'][1]}{bonus}" for p in people if p["id"] >= least)
    ), change
"""

EXAMPLE = """
def make(value):
    greeting = value

    def inner_function():
        return "inner function! SEED"

    class InnerClass:
        def say(self):
            return "inner class!"

        @staticmethod
        def call():
            return "inner class's function!"

    class User:
        def __init__(self, name):
            self.name = name

        def run(self):
            return ",".join([str(self.name), inner_function(), InnerClass().say(), InnerClass.call()])

    def example(name):
        return ",".join([str(greeting), inner_function(), InnerClass.call(), User(name).run()])

    def change(next):
        nonlocal greeting
        greeting = next

    return example, change
"""

FUNCTIONS = 50


def module():
    lines = [
        "def make(value):",
        "    limit = value",
        "    table = dict(low=3, high=[5, 8, 13])",
        "    def f0(x):",
        "        return x + SEED",
    ]
    for i in range(1, FUNCTIONS):
        lines += [
            f"    def f{i}(x, step={i}):",
            "        parts = []",
            "        for i in range(2):",
            f"            parts.append(f{i - 1 - (2 if i % 3 == 0 else 0)}(x + i + step) % 1000)",
            "        if parts[0] > limit:",
            "            return parts[1] + table['low']",
            "        return sum(parts, table['high'][x % 3])",
        ]
    lines += [
        f"    all = [{', '.join(f'f{i}' for i in range(FUNCTIONS))}]",
        "    def change(next):",
        "        nonlocal limit",
        "        limit = next",
        "    return (lambda x: ','.join(str(f(x)) for f in all[:8])), change",
    ]
    return "\n".join(lines)


SUBJECTS = [LAMBDA, DATA, EXAMPLE, module()]
ARGUMENT = 3
VARIANTS = 10


class Samples:
    def __init__(self):
        self.lists = {}

    def time(self, name, work):
        start = perf_counter_ns()
        result = work()
        self.lists.setdefault(name, []).append((perf_counter_ns() - start) / 1000)
        return result


def load_module(text, seed):
    # As in the main program: what can't be imported is pickled by value.
    scope = {"__name__": "__main__"}
    exec(compile(text.replace("SEED", str(seed)), f"subject-{seed}", "exec"), scope)
    return scope["make"]


def dump_stage(plan, subject, samples):
    store = [[], []]
    for run in range(plan["cold"]):
        make = load_module(SUBJECTS[subject], run)
        fn, change = make(run)
        measure = "dump: first in the process" if subject == 0 and run == 0 else "dump: new script"
        store[0].append((samples.time(measure, lambda: cloudpickle.dumps(fn)), fn(ARGUMENT)))
    for run in range(plan["warm"]):
        fn, change = make(run)
        samples.time("dump: another closure of it", lambda: cloudpickle.dumps(fn))
    fn, change = make(0)
    for run in range(plan["warm"]):
        change(run)
        dumped = samples.time("dump: again, changed", lambda: cloudpickle.dumps(fn))
        store[1] = store[1][1 - VARIANTS :] + [(dumped, fn(ARGUMENT))]
    with open(store_file(plan, subject), "wb") as file:
        pickle.dump(store, file)
    return len(store[1][0][0])


def load_stage(plan, subject, samples):
    with open(store_file(plan, subject), "rb") as file:
        unseen, seen = pickle.load(file)
    for run, (dumped, expected) in enumerate(unseen):
        measure = "load: first in the process" if subject == 0 and run == 0 else "load: new code"
        check(samples.time(measure, lambda: pickle.loads(dumped))(ARGUMENT), expected)
    for run in range(plan["warm"]):
        dumped, expected = seen[run % len(seen)]
        check(samples.time("load: code seen before", lambda: pickle.loads(dumped))(ARGUMENT), expected)
    return 0


def store_file(plan, subject):
    return f"{plan['folder']}/cloudpickle-{subject}.pickle"


def check(result, expected):
    if result != expected:
        raise Exception(f"wrong result: {result} instead of {expected}")


def main():
    plan = json.loads(sys.argv[2])
    stage = dump_stage if sys.argv[1] == "dump" else load_stage
    outcomes = {}
    for subject, name in enumerate(plan["names"]):
        samples = Samples()
        size, problem = 0, None
        try:
            size = stage(plan, subject, samples)
        except Exception as error:
            problem = str(error)
        outcomes[name] = dict(lists=samples.lists, size=size, problem=problem)
    print(json.dumps(outcomes))


main()
