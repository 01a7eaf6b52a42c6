// Every action of a staff page has a key (data-key). Keys rest while something is
// typed; Escape leaves the field. They can be switched off (WCAG 2.1.4). Whatever
// speaks of keys appears only here: without this script nothing promises any.
const $ = (q, in_ = document) => in_.querySelector(q);
const typing = (e) => e.matches("textarea,select,input:not([type=radio],[type=checkbox])");
const keys = $("#keys"), off = $("#keys-off"), keyed = [...document.querySelectorAll("[data-key]")];
const mark = () => {
  document.documentElement.classList.toggle("keys", !off?.checked);
  for (const e of keyed) off?.checked ? e.removeAttribute("aria-keyshortcuts") : e.setAttribute("aria-keyshortcuts", e.dataset.key);
};
if (off) {
  off.checked = localStorage.getItem("keys") === "off";
  off.onchange = () => { localStorage.setItem("keys", off.checked ? "off" : "on"); mark(); };
}
mark();
// The list behind ? is made from the page: it cannot name a key that does nothing.
if (keys) {
  keys.hidden = false;
  const does = new Map();
  for (const e of keyed) {
    if (e.parentElement === keys) continue;
    const c = (e.labels?.[0] ?? e).cloneNode(true);
    for (const k of c.querySelectorAll("kbd,small")) k.remove();
    const what = (e.dataset.does ?? c.textContent.trim()) + ("wait" in e.dataset ? keys.dataset.then : "");
    does.set(what, [...(does.get(what) ?? []), e.dataset.key]);
  }
  for (const [what, all] of does) {
    const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
    for (const key of new Set([all[0], all.at(-1)])) {
      if (dt.firstChild) dt.append("–");
      dt.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    }
    dd.textContent = what;
    row.append(dt, dd);
    $("dl", keys).append(row);
  }
}
// A way to be reached and its field belong together.
const fieldOf = (radio) => radio.name === "contact" ? document.getElementById(radio.value) : null;
document.querySelectorAll(".contacts [type=radio]").forEach((r) => fieldOf(r)?.addEventListener("input", () => { r.checked = true; }));
let before; // where the focus was before ?
addEventListener("keydown", (e) => {
  if (e.key === "Escape" && keys?.open) { keys.open = false; before?.focus(); return; }
  if (e.key === "Escape") document.activeElement?.blur();
  if (e.repeat || e.ctrlKey || e.metaKey || e.altKey || off?.checked || typing(e.target)) return;
  const hit = $('[data-key="' + CSS.escape(e.key) + '"]');
  if (!hit) return;
  e.preventDefault();
  if (typing(hit)) { hit.focus(); hit.select?.(); return; }
  if (hit.type === "radio") (fieldOf(hit) ?? hit).focus();
  if (hit.parentElement === keys) before = document.activeElement;
  if ("wait" in hit.dataset) { hit.focus(); return; } // what gives a place away waits for Enter
  hit.click();
  if (hit.tagName === "SUMMARY") ($("input:not([type=checkbox]),select", hit.parentElement) ?? hit).focus();
});
// The channel and the list of times choose in the form, without losing what was typed.
const slot = $("#slot"), form = slot?.form;
if (slot) {
  const free = (o) => o.dataset[form.channel.value] > 0;
  const first = (options) => { const o = options.find(free); if (o) slot.value = o.value; return o; };
  // Another channel keeps the time if it can, else takes the next one it has.
  form.querySelectorAll("[name=channel]").forEach((r) => r.addEventListener("change", () => {
    const all = [...slot.options];
    first(all.slice(slot.selectedIndex)) ?? first(all);
  }));
  document.querySelectorAll("[data-slot]").forEach((a) => a.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || ![...slot.options].some((o) => o.value === a.dataset.slot && !o.disabled)) return;
    e.preventDefault(); slot.value = a.dataset.slot; ($("[name=name-1]", form) ?? slot).focus();
  }));
  document.querySelectorAll("[data-day]").forEach((a) => a.addEventListener("click", () => { const g = $("#g" + a.dataset.day); if (g) first([...g.children]); }));
}
// What changes by itself is looked at anew, as long as somebody looks.
const live = $("[data-live]");
const look = async () => {
  const res = document.hidden ? null : await fetch(live.dataset.live).catch(() => null);
  if (res?.ok && !res.redirected) {
    const now = $("[data-live]", new DOMParser().parseFromString(await res.text(), "text/html"));
    if (now) live.replaceChildren(...now.childNodes);
  }
  setTimeout(look, 800);
};
if (live) setTimeout(look, 800);
