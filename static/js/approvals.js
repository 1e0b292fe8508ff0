// Keeps the list of waiting calls current and answers without leaving it. The page works without this: its forms post
// and come back. What is drawn here is always drawn by the server; this only puts it in its place.
(() => {
    "use strict";
    const cards = document.querySelector("[data-cards]");
    if (!cards || !window.fetch) return;

    const AGAIN_AFTER = 1000;
    const IDLE_EVERY = 30000;

    const nobody = document.querySelector("[data-nobody]");
    const said = document.querySelector("[data-said]");

    // --- What the server drew, in its place ---

    function busy(element) {
        return element.contains(document.activeElement) || element.querySelector("details[open]") !== null;
    }

    // A card that somebody works on stays as it is, but for its times; one that is gone goes.
    function placeCards(fresh) {
        const wanted = new Map([...fresh.children].map((each) => [each.dataset.card, each]));
        for (const card of [...cards.children]) if (!wanted.has(card.dataset.card)) card.remove();
        let before = cards.firstElementChild;
        for (const [id, card] of wanted) {
            const there = cards.querySelector(`[data-card="${CSS.escape(id)}"]`);
            if (!there) {
                card.classList.add("qm-fresh");
                cards.insertBefore(card, before);
                continue;
            }
            for (const part of there.querySelectorAll("[data-fresh]")) {
                part.replaceWith(card.querySelector(`[data-fresh="${part.dataset.fresh}"]`));
            }
            if (there === before) before = there.nextElementSibling;
            else if (!busy(there)) cards.insertBefore(there, before);
        }
        if (nobody) nobody.hidden = cards.children.length > 0;
    }

    function place(page) {
        const fresh = page.querySelector("[data-cards]");
        if (!fresh) return;
        // The first call of all brings headings and filters that this page does not have yet.
        if (!nobody && (fresh.children.length || page.querySelector("[data-nobody]"))) return location.reload();
        placeCards(fresh);
        for (const part of document.querySelectorAll("[data-part]")) {
            const other = page.querySelector(`[data-part="${part.dataset.part}"]`);
            if (other && !part.contains(document.activeElement)) part.replaceWith(other);
        }
    }

    function parsed(html) {
        return new DOMParser().parseFromString(html, "text/html");
    }

    // --- Fetching it again: at once, and then not again for a moment ---

    let [fetching, again, over] = [false, false, false];

    async function refresh() {
        again = fetching;
        if (fetching || over) return;
        fetching = true;
        try {
            const answer = await fetch(location.href, { cache: "no-store" });
            if (answer.redirected) document.dispatchEvent(new CustomEvent("qm:end", { detail: "Signed out" }));
            else if (answer.ok) place(parsed(await answer.text()));
        } catch { /* The network is away: the socket notices it, too, and comes back later. */ }
        setTimeout(() => {
            fetching = false;
            if (again) refresh();
        }, AGAIN_AFTER);
    }

    // --- Answering ---

    function say(text) {
        said.textContent = text;
        said.hidden = !text;
    }

    function complain(card, text) {
        const wrong = card.querySelector("[data-wrong]");
        wrong.textContent = text;
        wrong.hidden = false;
    }

    async function answer(form) {
        const card = form.closest("[data-card]");
        const buttons = card.querySelectorAll("button");
        for (const button of buttons) button.disabled = true;
        try {
            const told = await fetch(form.action, { method: "POST", body: new FormData(form) });
            const page = parsed(await told.text());
            if (told.ok && told.redirected && page.querySelector("[data-cards]")) {
                card.remove();
                say([...page.querySelectorAll(".qm-messages p")].map((each) => each.textContent).join(" "));
                const next = cards.querySelector("[data-answer] button");
                if (next) next.focus({ preventScroll: true });
                return refresh();
            }
            if (told.redirected) return location.reload(); // signed out
            const alert = page.querySelector("[role=alert]");
            complain(card, alert ? alert.textContent.trim() : "That did not work. Load the page again.");
        } catch {
            complain(card, "The server cannot be reached. Try again in a moment.");
        }
        for (const button of buttons) button.disabled = false;
    }

    document.addEventListener("submit", (event) => {
        if (!event.target.matches("[data-answer]")) return;
        event.preventDefault();
        answer(event.target);
    });

    // What a button unfolds is seen whole, also at the bottom of the window.
    document.addEventListener("toggle", (event) => {
        if (!event.target.open || !event.target.matches(".qm-ask-menu")) return;
        event.target.querySelector("form").scrollIntoView({ block: "nearest" });
    }, true);

    // --- What is told ---

    // Executions end all the time; here only those matter that somebody approved, and those that were not named.
    function concerns(message) {
        if (message.type === "snapshot" || message.approvals.changed.length) return true;
        if (message.count > message.executions.length) return true;
        return message.executions.some((line) => document.querySelector(`#result_list a[href*="${CSS.escape(line.id)}"]`));
    }

    document.addEventListener("qm:told", (event) => { if (concerns(event.detail)) refresh(); });
    document.addEventListener("qm:feed", (event) => {
        over = event.detail.state === "ended";
        if (event.detail.failures) refresh();
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
    setInterval(() => { if (!document.hidden) refresh(); }, IDLE_EVERY);

    if (nobody) nobody.hidden = cards.children.length > 0;
})();
