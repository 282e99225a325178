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
