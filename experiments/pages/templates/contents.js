// A table of contents that stays while the page is scrolled

const headings = [...document.querySelectorAll("main h2")];
const contents = element("nav", undefined, { id: "contents", "aria-label": "contents" });
const links = headings.map((heading, i) => {
  heading.id ||= `part-${i + 1}`;
  return element("a", heading.textContent, { href: `#${heading.id}` });
});
contents.append(...links);
document.body.prepend(contents);

function markCurrent() {
  const passed = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < 120);
  const current = links[Math.max(passed, 0)];
  if (current.hasAttribute("aria-current")) return;
  for (const link of links) link.removeAttribute("aria-current");
  current.setAttribute("aria-current", "true");
  contents.scrollTo({ left: current.offsetLeft - contents.offsetLeft - 16 });
}
addEventListener("scroll", markCurrent, { passive: true });
markCurrent();
