(function () {
  var wait = document.getElementById("wait"), stop = document.getElementById("stop");
  var pause = 1000, over = false, abort = new AbortController();
  function ask() {
    if (over) return;
    fetch(wait.dataset.status, {headers: {Accept: "application/json"}, cache: "no-store", redirect: "error", signal: abort.signal})
      .then(function (answer) { return answer.ok ? answer.json() : {}; })
      .then(function (told) {
        if (over) return;
        if (!told.verdict || told.verdict === "pending") return later();
        over = true;
        location.replace(wait.dataset.finish);
      })
      .catch(later);
  }
  function later() {
    setTimeout(ask, pause);
    pause = Math.min(pause * 1.5, 8000);
  }
  setTimeout(function () {
    if (over) return;
    over = true;
    abort.abort();
    wait.hidden = true;
    stop.hidden = false;
    document.title = stop.dataset.title;
  }, Number(wait.dataset.giveup));
  ask();
})();
