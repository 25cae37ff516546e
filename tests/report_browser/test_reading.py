"""Reports can be read: on wide and narrow screens, in light and dark, with nothing cut off and enough contrast."""

from __future__ import annotations

import pytest

CUT = """
const cut = [];
for (const each of document.querySelectorAll('body *:not(svg *)')) {
  const style = getComputedStyle(each);
  const hides = /hidden|clip/.test(style.overflowX) && !each.closest('.plot, svg, option');
  if (hides && each.scrollWidth > each.clientWidth + 1) cut.push(each.outerHTML.slice(0, 80));
}
for (const plot of document.querySelectorAll('.plot')) {
  const frame = plot.getBoundingClientRect();
  for (const text of plot.querySelectorAll('text')) {
    const box = text.getBoundingClientRect();
    if (box.width && (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1))
      cut.push(plot.parentNode.id + ': ' + text.textContent);
  }
  const rows = [...plot.querySelectorAll('.ytick text')].map((text) => text.getBoundingClientRect());
  rows.sort((one, other) => one.top - other.top);
  if (rows.slice(1).some((row, at) => row.top < rows[at].bottom - 3)) cut.push(plot.parentNode.id + ': rows overlap');
}
return cut;
"""
FAINT = """
const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (colour) => {
  const [r, g, b] = numbers(colour).map((part) => part / 255).map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = getComputedStyle(each).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)' && !(each instanceof SVGElement)) return colour;
  }
};
const faint = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  const seen = walk.currentNode.data.trim() && element.getClientRects().length;
  if (!seen || element.closest('script, .heatmap-label, option')) continue;
  const style = getComputedStyle(element);
  const [one, other] = [light(element instanceof SVGElement ? style.fill : style.color), light(behind(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (contrast < 4.5) faint.push([walk.currentNode.data.trim().slice(0, 40), contrast]);
}
return faint;
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read(page, theme):
    for width in (1280, 390):
        page.look(width, theme)
        ground = page.run("return getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 20, 26)"}[theme]
        assert page.run("return document.documentElement.scrollWidth") <= width
        assert page.run(CUT) == []
        assert page.run(FAINT) == []
    assert page.complaints() == []


def test_the_reader_chooses_the_colours(page):
    page.look(1280, "light")
    page.run("document.getElementById('theme').click()")
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 26)"
    assert page.run("return document.querySelector('#load .plot')._fullLayout.font.color") == "#e7ecf2"
    assert page.run("return document.getElementById('theme').textContent") == "Light"
    page.run("document.getElementById('theme').click()")
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"
    page.run("delete document.documentElement.dataset.theme")


def test_on_paper_it_is_light_and_no_wider_than_the_page(page):
    page.look(1280, "dark")
    page.run("dispatchEvent(new Event('beforeprint'))")
    widths = page.run("return [...document.querySelectorAll('.plot')].map((each) => each._fullLayout.width)")
    assert set(widths) == {680}
    assert page.run("return document.querySelector('#load .plot')._fullLayout.font.color") == "#1b2430"
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run("return document.documentElement.dataset.theme") is None
    assert page.run("return document.querySelector('#load .plot')._fullLayout.font.color") == "#e7ecf2"
