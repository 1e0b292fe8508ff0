"""Telling others what happened: each subscription's next events become deliveries, and each is sent until it arrives.

1. `fan_out` reads the sealed audit trail from each subscription's own position, `letters` says what is written of an
   event, and a row per subscription and event waits in the queue
2. `deliver` is what the queue's hands do with a row: open the secrets, sign (`sign`), send, and judge the answer
   (`judge`)
3. `standing` keeps how a subscription fares, and disables one whose receiver has taken nothing for days

`ping` sends a test, `resend` a delivery again, and `retention` removes what ended long ago.
"""
