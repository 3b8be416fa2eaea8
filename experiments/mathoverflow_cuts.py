"""MathOverflow cut at year ends: what a network knew then, and which new pairs the next year brought.

    cuts = Cuts("run/drift/data", prepared)      # prepared: the folder of a2q.txt, c2q.txt, c2a.txt
    cuts.config(2012)                            # a config whose graph has the events before 2013
    cuts.active(2013)                            # names of users who answered or commented in 2013

Split test of a cut has the pairs (src, dst) of the following year that no relation had before the cut, both users known
by then, src != dst. Pairs are counted once a relation.
"""
import datetime
import pathlib

RELATIONS = ("a2q", "c2q", "c2a")


def year_end(year):
    return int(datetime.datetime(year + 1, 1, 1, tzinfo=datetime.timezone.utc).timestamp())


class Cuts:
    def __init__(self, folder, prepared):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events = []  # (time, relation, src, dst)
        for relation in RELATIONS:
            with open(pathlib.Path(prepared) / f"{relation}.txt", encoding="utf-8") as lines:
                for line in lines:
                    src, dst, time = line.split()
                    self.events.append((int(time), relation, src, dst))
        self.events.sort()

    def before(self, year):
        end = year_end(year)
        return [event for event in self.events if event[0] < end]

    def during(self, year):
        return [event for event in self.events if year_end(year - 1) <= event[0] < year_end(year)]

    def active(self, year):
        return {src for _, _, src, _ in self.during(year)}

    def new_pairs(self, year):
        """[(relation, src, dst, time)] of `year`: see the head of the file."""
        known, pairs, found = set(), set(), {}
        for _, _, src, dst in self.before(year - 1):
            known.update((src, dst))
            pairs.add((src, dst))
        for time, relation, src, dst in self.during(year):
            if src != dst and src in known and dst in known and (src, dst) not in pairs:
                found.setdefault((relation, src, dst), time)
        return [(*pair, time) for pair, time in sorted(found.items())]

    def config(self, year, run, train):
        """Writes RUN/<year>.yaml with its tables, unless they are there, and returns its path."""
        run = pathlib.Path(run)
        sources = []
        for relation in RELATIONS:
            events = self.folder / f"{year}.{relation}.train.tsv"
            pairs = self.folder / f"{year}.{relation}.test.tsv"
            if not events.exists():
                events.write_text("".join(f"{s}\t{d}\t{t}\n" for t, r, s, d in self.before(year) if r == relation))
            if not pairs.exists():
                pairs.write_text("".join(f"{s}\t{d}\t{t}\n" for r, s, d, t in self.new_pairs(year + 1) if r == relation))
            sources += [f"  - {{path: {events.resolve()}, relation: {relation}, lhs: 0, rhs: 1, timestamp: 2, split: train}}",
                        f"  - {{path: {pairs.resolve()}, relation: {relation}, lhs: 0, rhs: 1, timestamp: 2, split: test}}"]
        text = ["entities: {user: {}}", "relations:"]
        text += [f"  {relation}: {{lhs: user, rhs: user, self_loops: drop}}" for relation in RELATIONS]
        text += ["sources:", *sources, f"graph: graph{year}", "models: models", "train:"]
        text += [f"  {key}: {value}" for key, value in train.items()]
        path = run / f"{year}.yaml"
        path.write_text("\n".join(text) + "\n")
        return path
