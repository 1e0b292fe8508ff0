// What a page is checked for, by hand, in the spirit of axe. Each check returns the offenders.

function shown(element) {
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });
}

function describe(element) {
    return element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
}

function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    if (by) return by.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    const own = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
    if (own) return own.trim();
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true]").forEach((hidden) => hidden.remove());
    return copy.textContent.trim();
}

function nameless() {
    const wanted = "a[href], button, summary, select, textarea, input:not([type=hidden]), svg[role=img]";
    return [...document.querySelectorAll(wanted)].filter((each) => shown(each) && !nameOf(each)).map(describe);
}

function repeatedIds() {
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
}

function brokenReferences() {
    const attributes = ["aria-labelledby", "aria-describedby", "for"];
    return attributes.flatMap((attribute) => [...document.querySelectorAll(`[${attribute}]`)]
        .filter((each) => each.getAttribute(attribute).split(" ").some((id) => !document.getElementById(id)))
        .map(describe));
}

function inlineHandlers() {
    return [...document.querySelectorAll("*")]
        .filter((each) => [...each.attributes].some(({ name }) => /^on[a-z]+$/.test(name))).map(describe);
}

function headings() {
    return [...document.querySelectorAll("h1")].filter(shown).map((each) => each.textContent.trim());
}

function wideBy() {
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}

// --- Contrast, WCAG 2.2: 4.5 for text, 3 for large text ---

const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function rgba(colour) {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
}

function over(top, below) {
    return [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
}

function groundOf(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.push(rgba(getComputedStyle(each).backgroundColor));
    const dark = document.documentElement.classList.contains("dark");
    return layers.reverse().reduce((below, top) => over(top, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
}

function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

function contrastOf(element) {
    const ground = groundOf(element);
    const text = over(rgba(getComputedStyle(element).color), ground);
    const [light, dark] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
}

function faint() {
    const own = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const elements = [...document.querySelectorAll("body *")].filter((each) => own(each) && shown(each) && !each.closest("svg, script, style, noscript"));
    return elements.flatMap((each) => {
        const style = getComputedStyle(each);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700);
        const contrast = contrastOf(each);
        return contrast < (isLarge ? 3 : 4.5) ? [`${contrast.toFixed(2)} ${describe(each)}`] : [];
    });
}
