// Keeps the dashboard current. The page is complete without it; this adds rows as they are told over /ws/live/ and
// fetches the other parts again from the server, which draws them.
(() => {
    "use strict";
    const page = document.querySelector("[data-live]");
    if (!page || !window.WebSocket || !window.fetch) return;

    const ROWS = 20;
    const PARTS_EVERY = 2000;
    const IDLE_EVERY = 30000;
    const PING_EVERY = 25000;
    const PONG_WITHIN = 10000;
    const NEWS_EVERY = 10000;
    const LONGEST_WAIT = 30000;

    const here = page.querySelector("[data-parts-here]");
    const news = page.querySelector("[data-live-news]");
    const sign = document.querySelector("[data-live-state]");
    const model = document.querySelector("template[data-row]");
    const tones = JSON.parse(model.dataset.tones);

    let position = Number(here.firstElementChild.dataset.position);
    let [socket, over, failures, retry] = [null, false, 0, 0];

    // --- What is shown ---

    function show(state, label, title) {
        sign.hidden = false;
        sign.dataset.liveState = state;
        sign.title = title || "";
        const text = sign.querySelector("[data-live-label]");
        if (text.textContent !== label) text.textContent = label;
    }

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
            if (answer.redirected) return end("Signed out");
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
        if (message.type === "snapshot") {
            position = message.position;
            refresh(true);
        } else if (message.type === "frame") {
            position = message.upto;
            const rows = here.querySelector("[data-rows]");
            if (rows) for (const line of [...message.executions].reverse()) place(line, rows);
            announce(message);
            refresh(false);
        } else if (message.type === "paused") show("paused", "Live updates paused", message.reason);
        else if (message.type === "resumed") show("live", "Live");
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

    // --- The socket ---

    function connect() {
        clearTimeout(retry);
        if (socket || over || document.hidden) return;
        const address = new URL(page.dataset.live, location.href);
        address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
        address.searchParams.set("after", position);
        const own = socket = new WebSocket(address);
        let [alive, silence] = [0, 0];
        const lost = () => {
            clearInterval(alive);
            clearTimeout(silence);
            if (socket === own) later();
        };
        own.onopen = () => {
            if (failures) refresh(false);
            failures = 0;
            show("live", "Live");
            alive = setInterval(() => {
                own.send('{"type":"ping"}');
                silence = setTimeout(lost, PONG_WITHIN); // the browser may take minutes to notice
            }, PING_EVERY);
        };
        own.onmessage = (event) => {
            clearTimeout(silence);
            hear(JSON.parse(event.data));
        };
        own.onclose = (event) => {
            if (event.code === 4401) end("Signed out");
            if (event.code === 4403) end("Live updates ended");
            lost();
        };
    }

    function drop() {
        const own = socket;
        socket = null;
        clearTimeout(retry);
        if (own) own.close();
    }

    function later() {
        drop();
        if (over || document.hidden) return;
        show("paused", "Live updates paused", "Trying to connect again.");
        if (failures) refresh(true); // it is not only the socket; or somebody has signed out
        retry = setTimeout(connect, Math.min(LONGEST_WAIT, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
        failures += 1;
    }

    function end(label) {
        over = true;
        drop();
        show("ended", label, "Load the page again to go on.");
    }

    document.addEventListener("visibilitychange", () => {
        if (document.hidden) return drop();
        failures = 0;
        refresh(false);
        connect();
    });
    setInterval(() => { if (!document.hidden && !over) refresh(false); }, IDLE_EVERY);

    show("connecting", "Connecting");
    connect();
})();
