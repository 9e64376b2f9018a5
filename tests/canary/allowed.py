"""Where class 2 personal data may stand in clear, and why; class 1 may nowhere.

Every entry must be met by the lives that the test leads: one that is not is out of date.
"""

ALLOWED: dict[tuple[str, str, str], str] = {
    ("intake", "intake_parties", "name"): "the register shows and finds parties by name",
    ("intake", "intake_texts", "text"): "the words of a case, for reading, triage and search",
    ("intake", "intake_texts", "names"): "the names that the search compares its hits with",
    ("intake", "intake_cases", "claims"): "what the applicant demands, shown with the case",
    ("intake", "intake_referrals", "return_reason"): "why a referral went back, for the referrer",
    ("intake", "intake_referrals", "suggested_unit"): "who should have it, for the referrer",
    ("triage", "triage_inputs", "text"): "what was assessed: quotes are cut from it",
    ("routing", "routing_decisions", "note"): "a dispatcher's reason, for dispatchers alone",
    ("mediation", "mediation_cases", "narrative"): "the mediator reads what it is about",
    ("mediation", "mediation_cases", "claims"): "the same for what is demanded",
    ("mediation", "mediation_cases", "note"): "the dossier's explanation (卷宗情况说明)",
    ("mediation", "mediation_parties", "name"): "the mediator and the documents name the parties",
    ("mediation", "mediation_parties", "consent_note"): "a party's own words on its consent",
    ("mediation", "mediation_sessions", "record"): "the record of a session (调解记录)",
    ("mediation", "mediation_sessions", "place"): "where the session was held",
    ("mediation", "mediation_agreements", "content"): "the wording of an agreement",
    ("mediation", "mediation_obligations", "text"): "the wording of an obligation",
    ("mediator-registry", "registry_mediators", "name"): "the public directory of mediators",
    ("mediator-registry", "registry_experts", "name"): "the public directory of experts",
    ("mediator-registry", "registry_standings", "note"): "why a mediator was suspended",
    ("gateway", "gateway_accounts", "name"): "who acts, shown to those who manage accounts",
    ("gateway", "gateway_partners", "name"): "the partner's own name, given by the city",
    ("chassis", "bus_audit", "purpose"): "why personal data were read: the auditor must know",
}
