// Keeps current what a page marks with `data-part`: fetches the page again when something changed that its `data-hears`
// names, and puts the parts in their places. A page is complete without it.
(() => {
    "use strict";
    const hears = document.querySelector("[data-hears]");
    if (!hears || !window.fetch) return;

    const AGAIN_AFTER = 1500;
    const IDLE_EVERY = 30000;

    // What somebody works on stays as it is.
    function busy(part) {
        return part.contains(document.activeElement) || part.querySelector("details[open]") !== null || (!getSelection().isCollapsed && part.contains(getSelection().anchorNode));
    }

    function place(page) {
        for (const part of document.querySelectorAll("[data-part]")) {
            const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
            if (fresh && !busy(part) && fresh.innerHTML !== part.innerHTML) part.replaceWith(mark(part, fresh));
        }
    }

    // Rows of a list that were not there before.
    function mark(part, fresh) {
        const known = new Set([...part.querySelectorAll("tbody th a")].map((link) => link.getAttribute("href")));
        if (known.size) {
            for (const link of fresh.querySelectorAll("tbody th a")) {
                if (!known.has(link.getAttribute("href"))) link.closest("tr").classList.add("qm-fresh");
            }
        }
        return fresh;
    }

    let [fetching, again, over] = [false, false, false];

    // At once, and once more a little later: a word may come before what is to be seen.
    async function refresh() {
        again = fetching;
        if (fetching || over || document.hidden) return;
        fetching = true;
        try {
            const answer = await fetch(location.href, { cache: "no-store" });
            if (answer.redirected) document.dispatchEvent(new CustomEvent("qm:end", { detail: "Signed out" }));
            else if (answer.ok) place(new DOMParser().parseFromString(await answer.text(), "text/html"));
        } catch { /* The network is away: the socket notices it, too, and comes back later. */ }
        setTimeout(() => {
            fetching = false;
            if (again) refresh();
        }, AGAIN_AFTER);
    }

    document.addEventListener("qm:changed", (event) => {
        if (!hears.dataset.hears.split(" ").includes(event.detail)) return;
        refresh();
        again = true;
    });
    document.addEventListener("qm:feed", (event) => {
        over = event.detail.state === "ended";
        if (event.detail.failures && event.detail.state === "live") refresh();
    });
    document.addEventListener("visibilitychange", refresh);
    setInterval(refresh, IDLE_EVERY);
})();
