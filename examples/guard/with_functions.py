"""Plain functions under a guard: `python with_functions.py`."""

from interlock import Guard, Principal
from interlock.adapters.functions import NotAllowed, acting, guarded


@guarded("money.send")
def send(account: str, cents: int) -> dict[str, str]:
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


guard = Guard.load("bank.ilk")
session = guard.session(principal=Principal("ann"), request="pay the invoices")
with acting(session, agent="teller"):
    print(send("DE02", cents=1_200))
    for account, cents in (("XX00", 1_200), ("DE02", 50_000)):
        try:
            send(account, cents)
        except NotAllowed as why:
            print(why)
    session.approve(session.approvals[0], by="maria", role="controller")
    print(send("DE02", 50_000))
