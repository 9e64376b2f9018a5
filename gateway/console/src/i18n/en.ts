// English: the same keys as Chinese, or the types fail.
import type { zh } from "./zh";

type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };

export const en: Words<typeof zh> = {
  app: { short: "Fengqiao", long: "Dispute mediation command centre" },
  page: { login: "Log in", home: "Home", board: "Command centre", cases: "Cases", case: "Case", register: "Register", waiting: "Dispatch desk", desk: "Case desk", overdue: "Overdue", lost: "No such page" },
  shell: { skip: "Skip to content", menu: "Menu", pages: "Pages", scope: "Area: ", logOut: "Log out" },
  live: { connecting: "Connecting", live: "Live", lost: "Connection lost, trying again" },
  form: { cancel: "Cancel", remove: "Remove" },
  lost: { text: "The address may have changed, or was mistyped.", home: "Back to the start" },
  login: {
    username: "Username", password: "Password", enter: "Log in", note: "Five wrong passwords in a row lock the account for 15 minutes. You are logged out when you do nothing for long.",
    idle: "You did nothing for a long time and were logged out. Log in again.", ended: "Your session has ended. Log in again.",
    analyse: "Analyse", analyseText: "Type, parties, people and sums, each with the words that show it",
    assess: "Assess", assessText: "Red, yellow or blue, with a reason for every point",
    route: "Route", routeText: "Screened by law, assigned by place, speciality and load",
  },
  board: {
    registered: "Registered", queue: "By grade", map: "By area", feed: "Just happened", trend: "Registrations", channels: "Channels", types: "Dispute types",
    waiting: "Waiting", overdue: "Overdue", more: "All", none: "No cases", quiet: "Waiting for something to happen", pause: "Pause", goOn: "Go on ({n})",
    asOf: "as of", measure: "Number on the map", few: "few", many: "many", trendBy: "Grouped by", trendDays: "Period", days: "{n} days", trendTotal: "{n} in all",
    trendText: "{n} cases registered in the last {days} days",
  },
  measure: { all: "Registered", red: "Red", yellow: "Yellow", assigned: "In hand", waiting: "Waiting", overdue: "Overdue", ended: "Ended" },
  meaning: {
    registered: "All registered cases = pending + waiting + in hand + redirected + parked + ended; each counts once",
    pending: "Registered, not yet assigned or redirected", waiting: "No mediator is free, or a human must decide where it goes",
    assigned: "Assigned to a mediator and not ended: from acceptance to performance", redirected: "Not for people's mediation, or better served elsewhere: sent to another channel",
    parked: "Held because of an error until an operator looks; counted here whatever the status", ended: "Not accepted, terminated, closed or archived",
    waitingList: "Waiting cases in the order in which they are served", overdueList: "Signing, mediation or performance past its date and not done; a case may have several",
  },
  cases: {
    behind: "The list behind a number", all: "All cases", direct: " (itself)", overdueOnly: "Overdue only", total: "{n} cases", filters: "Filters", words: "Search words, names, numbers",
    size: "Cases on a page", perPage: "{n} / page", clear: "Clear", news: "{n} new cases were registered: show them", none: "No case fits", overdue: "{what} overdue",
  },
  case: {
    number: "Number", grade: "Grade", status: "Status", type: "Type", area: "Area", channel: "Channel", amount: "Amount", note: "Note", received: "Registered",
    next: "Next step", due: "By", dossier: "Dossier", narrative: "What was said", marked: "Marked: what the assessment rests on", noWords: "Erased, or not for your role", claims: "Claims",
    occurred: "Happened on", people: "People", supplement: "Supplement {n}", parked: "Parked", assessment: "Assessment", score: "{n} points", byHuman: "Decided by a person",
    suitability: "Suitability", likely: "looks like: {what}", placeSaid: "Place told", factors: "Points", hard: "Hard", screening: "Screening by law", missing: "Still to ask", byPolicy: "Policy {policy} · screening {screening}",
    revision: "revision {n}", routing: "Routing", rule: "Rule {rule} · {table}", outlet: "Outlet", notYet: "Not routed yet", unit: "Body", mediator: "Mediator", waiting: "Waiting",
    reasons: "Why", whyNot: "Why not the others", parties: "Parties", unmask: "Show in full", mask: "Mask again", phone: "Phone", noParties: "No parties registered", purpose: "Purpose",
    purposeHint: "e.g. to call the party about the date of the session", purposeNote: "This reading is recorded in the audit log.", show: "Show", timeline: "What happened", casework: "Mediation", consents: "Consent",
    sessions: "Sessions", sessionN: "Session {n}", agreement: "Agreement", replaced: "(replaced)", effectiveOn: "in force since {day}", notSigned: "{n} signatures or seals missing", paid: "performed",
    performedOn: "performed {day}", breachedOn: "not performed {day}", kind: "Kind", name: "Name", idNumber: "Id number", creditCode: "Credit code",
  },
  consent: { given: "Consents", refused: "Refuses", pending: "Not asked yet", none: "Not asked yet", unknown: "Not asked yet", withdrawn: "Withdrawn" },
  step: {
    accept: "Accept", refuse: "Refuse", give_consent: "Record consent", refuse_consent: "Record refusal", hold_session: "Record a session", reach_agreement: "Reach agreement", sign: "Sign",
    perform: "Record performance", breach: "Record breach", confirm: "Judicial confirmation", extend: "Extend", terminate: "Terminate", close: "Close", archive: "Archive",
  },
  law: {
    accept: "Acceptance opens the dossier; as a rule the case is settled within a month (MOJ Order 75 art. 33).", refuse: "A refusal states its reason and tells the parties of other ways (MOJ Order 75 art. 22).",
    give_consent: "Where a party clearly refuses there is no mediation (People's Mediation Law art. 17).", refuse_consent: "A party may accept, refuse or end the mediation (People's Mediation Law art. 23).",
    hold_session: "The mediator records the mediation (People's Mediation Law art. 27).", reach_agreement: "The agreement may be written, or oral and recorded (People's Mediation Law art. 28).",
    sign: "It is in force once every party and the mediator have signed and the committee has sealed it (People's Mediation Law art. 29).", perform: "The agreement binds and is to be performed (People's Mediation Law art. 31).",
    confirm: "Within thirty days of its effect both parties may apply together for judicial confirmation (People's Mediation Law art. 33).", terminate: "Where mediation fails it is ended, and the parties are told of other ways (People's Mediation Law art. 26).",
  },
  signer: { mediator: "The mediator", seal: "The committee's seal" },
  act: {
    title: "Actions", reason: "Reason", party: "Party", agreedBy: "Who agrees to the extension", attended: "Present", place: "Place", record: "Record", form: "Form", written: "Written", oral: "Oral",
    content: "Content", obligations: "Obligations", addObligation: "Add an obligation", debtor: "Who owes", creditor: "To whom", yuan: "Yuan", until: "Until", what: "What", signer: "Who signs",
    obligation: "Obligation", paid: "Performed now (yuan)", paidAll: "empty: all of it", outcome: "What", applied: "Applied together", valid: "Held valid", refused: "Refused", day: "Day", years: "Kept for",
    yearsN: "{n} years", explanation: "Note of the dossier (where papers are missing)", note: "Note",
  },
  desk: { mine: "My cases", all: "All" },
  overdue: { kind: "Deadline", due: "Due", late: "Late by" },
  waiting: { order: "In the order of service: higher grades first, then the earliest", reason: "Why it waits", since: "Waiting since", act: "Action", assign: "Dispatch", auto: "The system chooses", grade: "grade {n}" },
  register: {
    narrativeHint: "Who, with whom, when, where, about what, and what is asked. The party's own words will do.", draft: "The draft is kept on this device until the browser closes", badAmount: "A number with at most two decimals, as 3000 or 3000.50",
    badPeople: "A whole number above zero", badId: "18 characters with the right check character", badPhone: "A mobile number, or a landline with area code", addApplicant: "Add an applicant", addRespondent: "Add a respondent", addThird: "Add a third party",
    submit: "Register", dry: "Dry run", dryNote: "As you type, type, grade, reasons and open questions show here. Nothing is registered or recorded yet.", done: "Registered", code: "Code",
    codeNote: "Give number and code to the party: they open the case's progress. The code is shown this once.", hash: "Checksum of what was registered (SHA-256)", open: "Open the case", again: "Register another",
  },
  source: { intake: "intake", triage: "triage", routing: "routing", mediation: "mediation", mediator_registry: "registry", analytics: "analytics", gateway: "gateway" },
  fact: {
    case_registered: "Registered", case_supplemented: "Supplemented", referral_received: "Referral received", case_analyzed: "Analysed", case_assessed: "Assessed", case_merged: "Joined to a dispute", assessment_overridden: "Assessed by a person",
    expert_review_requested: "Experts asked", case_routed: "Routed", mediator_assigned: "Mediator assigned", assignment_withdrawn: "Assignment withdrawn", case_redirected: "Redirected", case_waitlisted: "Waiting",
    case_accepted: "Accepted", case_refused: "Not accepted", consent_given: "Consent given", consent_refused: "Consent refused", session_held: "Session held", agreement_reached: "Agreement reached", agreement_signed: "Agreement signed",
    agreement_effective: "Agreement in force", obligation_performed: "Performed", obligation_breached: "Not performed", confirmation_decided: "Confirmation decided", case_terminated: "Terminated", case_closed: "Closed", case_archived: "Archived",
    deadline_missed: "Deadline missed",
  },
  rule: {
    accepted_elsewhere: "Before another organ already", public_prosecution: "Public-prosecution crime", dv_danger: "Danger of domestic violence", administrative_dispute: "Administrative dispute", public_request: "A request to the public", no_dispute: "No dispute",
    report_to_police: "May escalate: report to the police", report_minor: "A minor is harmed: report", report_dv: "Domestic violence: report", status_not_confirmable: "Personal status: no confirmation", ownership_not_confirmable: "Ownership: no confirmation",
  },
};
