"""Small programs and inputs that several tests run."""

TICKET = ("--input", "@ticket.json")

SURVEY = """\
type Plan {
  approve: bool
  risk: enum("low", "high")
  note?: string max 40
}

role lead { reach "leads" }

workflow survey(topic: string max 40) {
  goal "ask a person"

  step review asks lead {
    question "may we go on?"
    returns {
      approve: bool
      risk: enum("low", "high")
      note?: string max 40
    }
    within 2d
  }

  end yes { risk: review.risk }
  end no

  start -> review
    pass topic

  review -> yes
    when review.approve

  review -> no
    otherwise

  review -> no
    on expiry
    escalate to lead because "nobody answered"
}
"""

POST = """\
type Wish { text: string }
type Sent { number: string }

tool post.send(text: string) -> Sent { needs post.write effect write idempotent by text }

agent clerk { model "small" }

role boss { reach "boss" }

workflow post(wish: Wish) {
  goal "send it"

  step read by clerk {
    task "copy it"
    returns { text: string }
  }

  step send calls post.send(text: read.text)

  end sent { text: read.text, number: send.number }
  end refused

  start -> read
    pass wish

  read -> send
    grant post.write
    after approval by 2 of boss

  send -> sent

  send -> refused
    on denied
}
"""
POST_TOOLS = """\
from interlock import Toolbox

toolbox = Toolbox()


@toolbox.tool("post.send")
def send(text: str) -> dict[str, object]:
    return {"number": text}
"""
