// Follows the room's display without loading the page again: one small document, the same
// for everybody. What the page says in words changes by loading it anew.
const room = document.querySelector("[data-room]");
if (room) {
  const number = Number(room.dataset.number);
  const alarm = document.querySelector("[data-alarm]"), title = document.title;
  let every = Number(room.dataset.every), view = null, sound = null;
  const show = (name, n) => { for (const e of document.querySelectorAll(`[data-${name}]`)) e.textContent = n.toLocaleString(document.documentElement.lang); };
  // How long it takes, in the words of the page: a range of whole steps, never narrower
  // than it was reckoned.
  const words = room.dataset, until = document.querySelector("[data-range]");
  const steps = (words.steps || "").split(" ").map(Number);
  const figure = (m) => m < 120 ? String(m) : Math.floor(m / 60) + (m % 60 ? "½" : "");
  const unit = (m) => (m < 120 ? words.minutes : words.hours).replace("{n}", figure(m));
  const range = (now) => {
    const nth = number - now.serving;
    const to = steps.find((m) => m > 0 && m >= nth / now.slow);
    if (!now.slow || number > now.range_to || to === undefined) return words.untold;
    const from = steps.filter((m) => m <= nth / now.fast).pop();
    if (!from) return words.under.replace("{to}", unit(to));
    return words.about.replace("{from}", (from < 120) === (to < 120) ? figure(from) : unit(from)).replace("{to}", unit(to));
  };
  const ring = () => {
    document.title = "● " + room.dataset.turn;
    if (!sound) return 0;
    for (const at of [0, 0.5, 1]) {
      const tone = sound.createOscillator();
      tone.connect(sound.destination);
      tone.frequency.value = 660;
      tone.start(sound.currentTime + at);
      tone.stop(sound.currentTime + at + 0.3);
    }
    return 2000;
  };
  // Of several groups the best that suits: one that is not gone, with the better chance,
  // and then the one that has come further. The server chooses alike.
  const mine = (words.mine || "").split(" ").filter(Boolean);
  const chanceOf = (g) => !g.probably && !g.probably_not ? "" : number <= g.probably ? "likely" : g.probably_not && number >= g.probably_not ? "unlikely" : "undecided";
  const groupsOf = (doc) => mine.map((id) => (doc.groups || {})[id] || []).map(([free = 0, held = 0, serving = 0, probably = 0, probably_not = 0, fast = 0, slow = 0, range_to = 0]) => ({ free, held, serving, probably, probably_not, fast, slow, range_to }));
  const rank = (g) => !g.free && !g.held ? 3 : { likely: 0, unlikely: 2 }[chanceOf(g)] ?? 1;
  const best = (groups) => groups.reduce((a, b) => (rank(a) - rank(b) || b.serving - a.serving) <= 0 ? a : b);
  const look = async () => {
    let wait = every;
    try {
      const answer = await fetch(room.dataset.room, { credentials: "omit" });
      if (!answer.ok) throw new Error(answer.status);
      const doc = await answer.json(), now = doc.room, groups = groupsOf(doc);
      const called = number > 0 && (groups.length ? groups.some((g) => g.serving >= number) : now.serving >= number);
      if (groups.length) Object.assign(now, best(groups));
      const chance = chanceOf(now);
      if (called || now.phase !== room.dataset.phase || (view !== null && now.view + chance !== view)) {
        setTimeout(() => location.reload(), called ? ring() : Math.random() * 2000);
        return;
      }
      view = now.view + chance;
      show("serving", now.serving);
      show("waiting", now.waiting ?? now.numbers - now.serving);
      if (number > 0) {
        show("ahead", number - now.serving - 1);
        if (until) until.textContent = range(now);
        const ahead = number - now.serving;
        const turn = now.calls ? Math.max(1, ahead / now.calls) : now.far;
        wait = Math.min(turn, now.far, 5 * Math.max(1, ahead / Math.max(1, now.near)));
      }
    } catch {
      wait = Math.min(every * 2, 120); // somebody else's network, or a server that is busy
    }
    setTimeout(look, wait * 1000 * (0.9 + 0.2 * Math.random()));
  };
  if (alarm) {
    alarm.hidden = false;
    alarm.addEventListener("click", () => { sound = new AudioContext(); alarm.setAttribute("aria-pressed", "true"); alarm.disabled = true; });
  }
  setTimeout(look, every * 1000);
}
