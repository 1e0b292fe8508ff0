// The page's one live socket: tells whatever listens on this page what happens, as /ws/live/ tells it, and keeps the
// number of waiting calls in the menu current. A page is complete without it.
//
//     qm:told      detail: a message of the socket (snapshot, frame)
//     qm:changed   detail: what the page should look at again
//     qm:feed      detail: {state, label, title, failures}: whether it is live
//     qm:end       dispatched by others: somebody has signed out, or may not look any more; detail: what to show
(() => {
    "use strict";
    const home = document.querySelector("[data-live]");
    if (!home || !window.WebSocket) return;

    const PING_EVERY = 25000;
    const PONG_WITHIN = 10000;
    const LONGEST_WAIT = 30000;

    const sign = document.querySelector("[data-live-state]");
    const begin = document.querySelector("[data-position]");

    let position = begin ? Number(begin.dataset.position) : null;
    let [socket, over, failures, retry] = [null, false, 0, 0];

    function show(state, label, title) {
        if (sign) {
            sign.hidden = false;
            sign.dataset.liveState = state;
            sign.title = title || "";
            const text = sign.querySelector("[data-live-label]");
            if (text.textContent !== label) text.textContent = label;
        }
        document.dispatchEvent(new CustomEvent("qm:feed", { detail: { state, failures } }));
    }

    function count(waiting) {
        for (const badge of document.querySelectorAll("[data-waiting]")) {
            badge.hidden = waiting === 0;
            badge.querySelector("[data-waiting-number]").textContent = waiting.toLocaleString("en");
        }
    }

    function hear(message) {
        if (message.type === "paused") return show("paused", "Live updates paused", message.reason);
        if (message.type === "resumed") return show("live", "Live");
        if (message.type === "changed") return document.dispatchEvent(new CustomEvent("qm:changed", { detail: message.what }));
        if (message.type !== "snapshot" && message.type !== "frame") return;
        position = message.type === "frame" ? message.upto : message.position;
        count(message.approvals.waiting);
        document.dispatchEvent(new CustomEvent("qm:told", { detail: message }));
    }

    function connect() {
        clearTimeout(retry);
        if (socket || over || document.hidden) return;
        const address = new URL(home.dataset.live, location.href);
        address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
        if (position !== null) address.searchParams.set("after", position);
        const own = socket = new WebSocket(address);
        let [alive, silence] = [0, 0];
        const lost = () => {
            clearInterval(alive);
            clearTimeout(silence);
            if (socket === own) later();
        };
        own.onopen = () => {
            show("live", "Live");
            failures = 0;
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
        retry = setTimeout(connect, Math.min(LONGEST_WAIT, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
        failures += 1;
    }

    function end(label) {
        over = true;
        drop();
        show("ended", label, "Load the page again to go on.");
    }

    document.addEventListener("qm:end", (event) => end(event.detail));
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) return drop();
        failures = 0;
        connect();
    });

    // When every script of the page listens.
    document.addEventListener("DOMContentLoaded", () => {
        show("connecting", "Connecting");
        connect();
    });
})();
