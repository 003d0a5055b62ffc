// The transcript and the chapters follow the player, and lead it.
const player = document.getElementById("player");

if (player) {
  const timed = (selector) =>
    [...document.querySelectorAll(selector)].map((place) => ({ place, start: Number(place.dataset.start) }));
  const lists = [timed(".said"), timed(".chapters button")];

  for (const { place, start } of [...lists.flat(), ...timed(".question a")]) {
    place.addEventListener("click", (event) => {
      event.preventDefault();
      player.currentTime = start + 0.01;
      player.play();
    });
  }

  const follow = () => {
    for (const list of lists) {
      const now = list.findLast(({ start }) => start <= player.currentTime + 0.05);
      for (const one of list) {
        if (one === now) one.place.setAttribute("aria-current", "true");
        else one.place.removeAttribute("aria-current");
      }
    }
  };
  const linked = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (linked) player.currentTime = Number(linked[1]);
  player.addEventListener("timeupdate", follow);
  player.addEventListener("seeking", follow);
  follow();
}

for (const form of document.querySelectorAll("form.quiz")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = new FormData(form).get("choice");
    const isRight = chosen === form.dataset.right;
    const verdict = form.querySelector(".verdict");
    verdict.textContent = isRight ? "✓ That is right." : "Not quite. Read why, then try again.";
    verdict.classList.toggle("right", isRight);
    form.querySelector(".because").hidden = false;
  });
}
