"""The steps of a webhook, as `module:function`: from the socket to the effect, and from what happened to who is told.

In each chain whatever is behind one step is before the next one.
"""

RECEIVING = (
    "webhooks.receiving.find:find",
    "webhooks.receiving.body:read_body",
    "webhooks.receiving.receive:receive",
    "webhooks.receiving.admit:admit",
    "webhooks.receiving.greet:greet",
    "webhooks.receiving.verdict:judge",
    "webhooks.receiving.limit:limit",
    "webhooks.receiving.identify:identify",
    "webhooks.receiving.rows:accepted_row",
    "webhooks.receiving.store:store",
    "accounts.inserting:insert_unless_there",
)
ROUTING = ("webhooks.routing.route_events:route_events", "webhooks.routing.route_events:save_runs")
RUNNING = (
    "webhooks.queue.claim:claim",
    "webhooks.runs.attempt:attempt",
    "webhooks.runs.call:prepare_all",
    "registry.execution.pipeline:execute",
    "webhooks.runs.attempt:conclude",
    "webhooks.queue.success:succeed_with_others",
)
AGAIN = ("webhooks.queue.endings:put_back", "registry.release_keys:release_keys")
GIVEN_UP = ("webhooks.queue.endings:give_up",)
# Only what has lost its holder comes here.
TAKEN_AWAY = ("webhooks.queue.endings:take_away", "webhooks.queue.endings:put_off")
TELLING = (
    "webhooks.telling.fan_out:tell",
    "webhooks.telling.inserting:insert_deliveries",
    "webhooks.telling.pack:pack",
    "webhooks.telling.send:send",
    "webhooks.telling.conclude:conclude",
)
PLACES = (*RECEIVING, *ROUTING, *RUNNING, *AGAIN, *GIVEN_UP, *TAKEN_AWAY, *TELLING)

# These write or send something: there it matters, too, whether a process ends right behind them.
WRITING = frozenset(
    {
        *("receive", "store", "insert_unless_there", "route_events", "save_runs", "claim", "execute", "conclude"),
        *("succeed", "put_back", "release_keys", "give_up", "take_away", "put_off"),
        *("tell", "insert_deliveries", "send"),
    }
)
