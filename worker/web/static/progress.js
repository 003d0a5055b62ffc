// Follows a request: the server sends how far it is, and the page is loaded anew at its end.
const section = document.querySelector("[data-progress]");
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const show = (id, text) => {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text;
};

const events = new EventSource(section.dataset.progress);
events.addEventListener("progress", (event) => {
  const { words, percentage, elapsed_seconds, remaining_seconds } = JSON.parse(event.data);
  section.querySelector("progress").value = percentage;
  show("words", words);
  show("percent", `${percentage} %`);
  show("elapsed", clock(elapsed_seconds));
  const left =
    remaining_seconds === null ? "" :
    remaining_seconds < 2 ? " · any moment now" : ` · about ${clock(remaining_seconds)} to go`;
  show("left", left);
});
events.addEventListener("end", () => {
  events.close();
  location.reload();
});
