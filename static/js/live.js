// Keeps the dashboard current. The page is complete without it; this adds rows as feed.js hears of them and fetches the
// other parts again from the server, which draws them.
(() => {
    "use strict";
    const page = document.querySelector("[data-parts]");
    if (!page || !window.fetch) return;

    const ROWS = 20;
    const PARTS_EVERY = 2000;
    const IDLE_EVERY = 30000;
    const NEWS_EVERY = 10000;

    const here = page.querySelector("[data-parts-here]");
    const news = page.querySelector("[data-live-news]");
    const model = document.querySelector("template[data-row]");
    const tones = JSON.parse(model.dataset.tones);

    let over = false;

    // --- What is shown ---

    function readable(milliseconds) {
        if (milliseconds === null) return "–";
        if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
        if (milliseconds < 100) return `${milliseconds.toFixed(1)} ms`;
        if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
        return `${(milliseconds / 1000).toFixed(2)} s`;
    }

    function row(line) {
        const made = model.content.firstElementChild.cloneNode(true);
        const field = (name) => made.querySelector(`[data-field="${name}"]`);
        made.dataset.id = line.id;
        field("link").href = field("link").getAttribute("href").replace(model.content.firstElementChild.dataset.id, line.id);
        field("time").dateTime = line.started_at;
        field("time").textContent = line.started_at.slice(11, 19);
        field("tool").textContent = line.tool;
        field("version").textContent = line.version && `@${line.version}`;
        field("agent").textContent = line.agent || "–";
        field("status").textContent = line.status[0].toUpperCase() + line.status.slice(1);
        field("status").className = `qm-badge qm-${tones[line.status] || "mute"}`;
        field("why").textContent = line.count > 1 ? `${line.code} ×\u202f${line.count.toLocaleString("en")}` : line.code;
        field("duration").textContent = readable(line.duration_ms);
        return made;
    }

    // Ids sort by time. A line that is there already changes in its place.
    function place(line, rows) {
        const made = row(line);
        const old = rows.querySelector(`[data-id="${CSS.escape(line.id)}"]`);
        if (old) return old.contains(document.activeElement) || old.replaceWith(made);
        made.classList.add("qm-fresh");
        const older = [...rows.children].find((each) => each.dataset.id < line.id);
        rows.insertBefore(made, older || null);
        while (rows.children.length > ROWS) rows.lastElementChild.remove();
    }

    // --- The parts that the server draws ---

    let [fetching, again, whole] = [false, false, false];

    // At once, and then not again for a while: what is asked for meanwhile is done at its end.
    async function refresh(everything) {
        whole = whole || everything;
        again = fetching;
        if (fetching) return;
        fetching = true;
        try {
            const answer = await fetch(page.dataset.parts, { cache: "no-store" });
            if (answer.redirected) return document.dispatchEvent(new CustomEvent("qm:end", { detail: "Signed out" }));
            if (answer.ok) swap(await answer.text());
        } catch { /* The network is away: the socket notices it, too, and comes back later. */ }
        setTimeout(() => {
            fetching = false;
            if (again) refresh(false);
        }, PARTS_EVERY);
    }

    function swap(html) {
        const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
        const shown = here.firstElementChild;
        const all = whole || "new" in shown.dataset || "new" in fresh.dataset;
        whole = false;
        if (all) return here.replaceChildren(fresh);
        for (const part of shown.querySelectorAll("[data-part]")) {
            if (part.contains(document.activeElement)) continue;
            part.replaceWith(fresh.querySelector(`[data-part="${part.dataset.part}"]`));
        }
    }

    // --- What is told ---

    function hear(message) {
        if (message.type === "snapshot") return refresh(true);
        const rows = here.querySelector("[data-rows]");
        if (rows) for (const line of [...message.executions].reverse()) place(line, rows);
        announce(message);
        refresh(false);
    }

    let [untold, telling] = [0, 0];

    function announce(frame) {
        untold += frame.count;
        if (!untold || telling) return;
        telling = setTimeout(() => {
            news.textContent = untold === 1 ? "One new execution." : `${untold} new executions.`;
            untold = telling = 0;
        }, NEWS_EVERY);
    }

    document.addEventListener("qm:told", (event) => hear(event.detail));
    document.addEventListener("qm:feed", (event) => {
        const { state, failures } = event.detail;
        over = state === "ended";
        if (failures && state === "live") refresh(false);
        if (failures && state === "paused") refresh(true); // it is not only the socket; or somebody has signed out
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(false); });
    setInterval(() => { if (!document.hidden && !over) refresh(false); }, IDLE_EVERY);
})();
