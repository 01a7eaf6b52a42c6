#!/usr/bin/env python3
"""Recomputes a draw from its four published files; see docs/draw.md.

usage: verify_draw.py room.json log.txt heads.jsonl numbers.txt
Ends with 0 if everything agrees, 1 if something differs, 2 if a file is missing or not in
its form. LEFT OUT: whether a drand round has that signature (BLS); any drand client can tell."""
import datetime, hashlib, hmac, json, os, re, sys, unicodedata

CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
GENESIS, PERIOD, MARGIN = 1692803367, 3, 30  # seconds
LINES_MAX, HEADS_MAX, SOURCES = 1 << 24, 1 << 17, (("none", 0, 0), ("typed", 1, 0), ("drand", 1, 1))
NAMES = ["room.json", "log.txt", "heads.jsonl", "numbers.txt"]

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def fields(*values):
    """Each field preceded by its length; numbers as decimal text."""
    values = [v if isinstance(v, bytes) else str(v).encode() for v in values]
    return b"".join(len(v).to_bytes(4, "big") + v for v in values)

# Ed25519 verification, RFC 8032 section 5.1, in extended coordinates.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    m, n, c, d = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(k, a, out=(0, 1, 1, 0)):
    while k:
        out, a, k = add(out, a) if k & 1 else out, add(a, a), k >> 1
    return out

def point(b):
    sign, y = divmod(int.from_bytes(b, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P
BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def signed(public, message, signature):
    a, s = point(public), int.from_bytes(signature[32:], "little")
    if a is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    x, y, z, _ = add(times(s, BASE), times(k, (P - a[0], a[1], 1, P - a[3])))
    z = pow(z, -1, P)
    return (y * z % P | (x * z % P & 1) << 255).to_bytes(32, "little") == signature[:32]

def need(ok, what):
    if not ok:
        raise ValueError(what)

def load(text, end="", **form):
    o = json.loads(text)
    need(json.dumps(o, ensure_ascii=False, **form) + end == text, "JSON in another form than it is published in")
    return o

def obj(o, keys):
    need(isinstance(o, dict) and list(o) == keys.split(), "fields are not: " + keys)
    return o

def data(text, size):
    need(isinstance(text, str) and re.fullmatch("[0-9a-f]*", text) and len(text) == 2 * size, "not %d bytes" % size)
    return bytes.fromhex(text)

def when(text):
    need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text, re.ASCII), "not a time")
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)

def whole(n, most):
    need(type(n) is int and 0 <= n <= most, "not a whole number")

def lines(path, form, most):
    text = open(path, "rb").read().decode()
    need(text == "" or text[-1] == "\n", path + ": the last line is cut off")
    out = text.split("\n")[:-1]
    need(len(out) <= most and all(re.fullmatch(form, line) for line in out), path + ": a line is not in its form")
    return out

def read_room(path):
    room = load(open(path, "rb").read().decode(), "\n", indent=2)
    obj(room, "format sale rules opened commitment heads_key terms draw")
    need(room["format"] == "einlass draw 1" and room["draw"] and room["terms"], "another format, or not drawn yet")
    need(0 < len(room["sale"].encode()) <= 200 and len(room["terms"]) <= 100, "sale or terms")
    whole(room["rules"], 2**53), when(room["opened"])
    for t in room["terms"]:
        obj(t, "since opens source from round until"), when(t["since"]), when(t["opens"]), whole(t["round"], 1 << 40)
        need((t["source"], t["from"] != "", t["round"] > 0) in SOURCES and len(t["from"].encode()) <= 300, "terms")
        when(t["until"]) if t["source"] != "none" else need(t["until"] == "", "until")
    d = obj(room["draw"], "frozen_at frozen log_hash drawn_at seed beacon key entries")
    b = obj(d["beacon"], "source text round signature")
    when(d["frozen_at"]), when(d["drawn_at"]), whole(d["frozen"], LINES_MAX), whole(d["entries"], LINES_MAX)
    whole(b["round"], 1 << 40), data(b["signature"], 48 if b["source"] == "drand" else 0)
    need((b["source"], b["text"] != "" or b["round"] > 0, b["round"] > 0) in SOURCES, "beacon")
    need(len(b["text"].encode()) <= 200 and not (b["text"] and b["round"]), "beacon")
    return room, d, b

def check(paths, differ):
    room, d, b = read_room(paths[0])
    log = [bytes.fromhex(line) for line in lines(paths[1], "[0-9a-f]{32}", LINES_MAX)]
    heads = [obj(load(line, separators=(",", ":")), "n hash at terms signature") for line in lines(paths[2], ".*", HEADS_MAX)]
    numbers = [int(line) for line in lines(paths[3], "[1-9][0-9]{0,7}", LINES_MAX)]
    seed = data(d["seed"], 32)
    if sha(seed) != data(room["commitment"], 32):
        differ("commitment", "the seed is not the committed one")
    check_promises(room["terms"], room["opened"], d, b, differ)
    if not len(log) == len(numbers) == d["entries"] or d["frozen"] > d["entries"]:
        differ("count", "%d aliases, %d numbers, %d entries, %d frozen" % (len(log), len(numbers), d["entries"], d["frozen"]))
    if len(set(log)) != len(log):
        differ("alias", "%d aliases stand in the log more than once" % (len(log) - len(set(log))))
    frozen, log_hash = log[:d["frozen"]], data(d["log_hash"], 32)
    if sha(b"einlass log v1\n", *frozen) != log_hash:
        differ("log", "the frozen aliases have another hash")
    check_heads(heads, room, d, log, differ)
    value = {"none": b"", "typed": b["text"].encode(), "drand": sha(bytes.fromhex(b["signature"]))}[b["source"]]
    key = sha(seed, log_hash, value)
    if key != data(d["key"], 32):
        differ("key", "does not follow from seed, log and beacon")
    want = list(range(1, len(log) + 1))
    for rank, i in enumerate(sorted(range(len(frozen)), key=lambda i: (hmac.digest(key, frozen[i], "sha256"), i))):
        want[i] = rank + 1
    for word, places in ("number", range(len(frozen))), ("late", range(len(frozen), len(log))):
        wrong = [i for i in places if i < len(numbers) and numbers[i] != want[i]]
        for i in wrong[:1]:
            differ(word, "%d differ; entry %d has number %d instead of %d" % (len(wrong), i + 1, numbers[i], want[i]))
    return len(log), len(frozen), len(heads), b["source"]

def check_promises(terms, opened, d, b, differ):
    rule, frozen_at = terms[-1], when(d["frozen_at"]).timestamp()
    for i, t in enumerate(terms):
        due = max(0, round(when(t["opens"]).timestamp() * 10**6) + (MARGIN - GENESIS) * 10**6)
        if t["source"] == "drand" and (t["from"] != CHAIN or t["round"] != -(-due // (PERIOD * 10**6)) + 1):
            differ("terms", "terms %d promise another round than follows from the opening" % (i + 1))
    since = [t["since"] for t in terms]
    if since != sorted(since) or since[0] != opened or since[-1] > d["frozen_at"]:
        differ("terms", "not from the beginning, older than those before, or changed after the freeze")
    if not max(rule["opens"], opened) <= d["frozen_at"] <= d["drawn_at"]:
        differ("time", "opening, freeze and draw are not in this order")
    if b["source"] != rule["source"] and (b["source"] != "none" or d["drawn_at"] < rule["until"]):
        differ("beacon", "%s was used, %s was promised" % (b["source"], rule["source"]))
    elif b["source"] == "typed":
        text = unicodedata.normalize("NFC", " ".join(b["text"].split()))
        if text != b["text"] or any(unicodedata.category(c) in ("Cc", "Cf") for c in text):
            differ("beacon", "the typed text is not in its form")
    elif b["source"] == "drand" and (b["round"] != rule["round"] or GENESIS + PERIOD * (b["round"] - 1) <= frozen_at):
        differ("beacon", "another round than promised, or known before the freeze")

def check_heads(heads, room, d, log, differ):
    public = data(room["heads_key"], 32)
    common = "einlass terms v1", room["sale"], room["rules"], data(room["commitment"], 32)
    terms = [sha(fields(*common, *t.values())) for t in room["terms"]]
    n, at, under, covered, running = 0, "", 0, False, hashlib.sha256(b"einlass log v1\n")
    for i, h in enumerate(heads):
        whole(h["n"], 2**32 - 1), when(h["at"])
        hashed, of, signature = data(h["hash"], 32), data(h["terms"], 32), data(h["signature"], 64)
        too_many, too_few = h["at"] < d["frozen_at"] and h["n"] > d["frozen"], h["at"] > d["frozen_at"] and h["n"] < d["frozen"]
        if not signed(public, fields("einlass head v1", room["sale"], of, h["n"], hashed, h["at"]), signature):
            differ("head", "head %d is not signed with the published key" % (i + 1))
        elif h["n"] < n or h["at"] < at or h["n"] > len(log) or too_many or too_few or of not in terms[under:]:
            differ("head", "head %d does not fit to those before, the log, the times or the terms" % (i + 1))
        else:
            running.update(b"".join(log[n:h["n"]]))
            n, at, under = h["n"], h["at"], terms.index(of, under)
            covered = covered or (n == d["frozen"] and of == terms[-1])
            if running.digest() != hashed:
                differ("head", "head %d: the log has another hash" % (i + 1))
    if not covered or n != len(log):
        differ("head", "no head of the log as it was frozen, or the last is not of the whole log")

def main(args):
    paths = {os.path.basename(a): a for a in args}
    if set(paths) != set(NAMES) or len(args) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    found = {}
    try:
        entries, drawn, heads, source = check([paths[n] for n in NAMES], lambda w, text: found.setdefault(w, []).append(text))
    except Exception as e:  # whatever it is, the files cannot be read
        print("verify_draw:", e, file=sys.stderr)
        return 2
    for word, texts in found.items():
        print("%s: %s%s" % (word, texts[0], "; and %d more" % (len(texts) - 1) if texts[1:] else ""))
    if not found:
        print("%d entries, %d drawn, %d heads agree; beacon: %s. Not shown by this:" % (entries, drawn, heads, source),
              {"none": "that the operator did not choose; there was no beacon.",
               "typed": "that the typed value is what the source published; compare.",
               "drand": "that the round has this signature."}[source])
    return 1 if found else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
