for (const clip of document.querySelectorAll(".clip")) {
  const player = clip.querySelector("video, audio");
  if (!player) continue;
  const [start, end, zero] = ["start", "end", "zero"].map((name) => Number(clip.dataset[name]));
  const words = [...clip.querySelectorAll(".word")];
  const spoken = [...clip.querySelectorAll(".spoken span")];
  const spans = words.map((word) => [Number(word.dataset.start), Number(word.dataset.end)]);
  const cursor = clip.querySelector(".cursor");
  const tracks = clip.querySelector(".tracks");
  let lit = -1;

  function show() {
    const time = player.currentTime + zero;
    const share = (time - start) / (end - start);
    cursor.style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
    const now = spans.findIndex(([from, to]) => from <= time && time < to);
    if (now === lit) return;
    for (const parts of [words, spoken]) {
      parts[lit]?.classList.remove("lit");
      parts[now]?.classList.add("lit");
    }
    words[lit]?.removeAttribute("aria-current");
    words[now]?.setAttribute("aria-current", "true");
    lit = now;
    if (now >= 0 && !player.paused) keepInSight(words[now]);
  }

  // Scrolls the transcript alone, never the page.
  function keepInSight(word) {
    const box = word.parentElement;
    const top = word.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + word.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = top - box.clientHeight / 3;
  }

  function follow() {
    show();
    if (!player.paused && !player.ended) requestAnimationFrame(follow);
  }

  // Times of players are rounded; a thousandth of a second inside, the word itself is lit.
  const seek = (time) => { player.currentTime = Math.max(0, time - zero + 0.001); };

  player.addEventListener("play", follow);
  for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata", "pause"])
    player.addEventListener(name, show);
  player.addEventListener("error", () => { clip.querySelector(".failed").hidden = false; });
  if (player.error) clip.querySelector(".failed").hidden = false;

  words.forEach((word, i) => {
    // One stop of the tab key; from there the arrow keys go on.
    word.tabIndex = i ? -1 : 0;
    word.addEventListener("click", () => { seek(spans[i][0]); reach(i); });
    word.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -words.length, End: words.length };
      if (!(event.key in steps)) return;
      event.preventDefault();
      reach(Math.min(words.length - 1, Math.max(0, i + steps[event.key])));
    });
  });

  function reach(i) {
    words.forEach((word, j) => { word.tabIndex = i === j ? 0 : -1; });
    words[i].focus();
  }

  tracks.addEventListener("click", (event) => {
    const box = tracks.getBoundingClientRect();
    seek(start + (end - start) * (event.clientX - box.left) / box.width);
  });
  show();
}
