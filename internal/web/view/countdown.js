// Counts a hold down from the server's time and says so aloud at 5, 2 and 1 minutes.
// At the end it looks at the cart anew: by its address, because this page may be the
// answer to a form, and a second later, because the times are in whole seconds.
const clock = document.querySelector("[data-left]"), end = document.querySelector("time[data-until]");
if (clock && end) {
  const until = Date.parse(end.dataset.until), skew = Date.parse(end.dataset.now) - Date.now(), said = new Set();
  const aloud = document.querySelector("[data-aloud]");
  const tick = () => {
    const left = Math.max(0, Math.round((until - Date.now() - skew) / 1000));
    clock.textContent = clock.dataset.left.replace("#", Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0"));
    for (const m of [5, 2, 1]) if (left <= m * 60 && left > m * 60 - 5 && !said.has(m)) { said.add(m); aloud.textContent = aloud.dataset.aloud.replace("#", m); }
    setTimeout(left > 0 ? tick : () => location.replace(end.dataset.cart), 1000);
  };
  clock.hidden = false;
  tick();
}
