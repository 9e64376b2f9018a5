// The acts of casework: what each asks for, and the call that does it.
import { api, newKey, type Schemas } from "@/api/client";

export const ACTS = [
  "accept", "refuse", "give_consent", "refuse_consent", "hold_session", "reach_agreement", "sign",
  "perform", "breach", "confirm", "extend", "terminate", "close", "archive",
] as const;
export type Act = (typeof ACTS)[number];
export type Work = Schemas["CaseworkView"];

/** Everything that the forms of the acts hold; each act reads its own part. */
export interface Form {
  reason: string;
  party: string;
  parties: string[];
  note: string;
  record: string;
  place: string;
  form: "written" | "oral";
  content: string;
  obligations: { debtor: string; creditor: string; amount: string; due_on: string; text: string }[];
  agreement: string;
  signer: string;
  obligation: string;
  amount: string;
  day: string;
  outcome: "" | "valid" | "refused";
  years: 5 | 10 | 30;
}

export function emptyForm(today: string): Form {
  return {
    reason: "", party: "", parties: [], note: "", record: "", place: "", form: "written", content: "",
    obligations: [], agreement: "", signer: "", obligation: "", amount: "", day: today, outcome: "", years: 10,
  };
}

/** The agreement that binds or is to bind: the last one that was not replaced. */
export function liveAgreement(work: Work): Schemas["AgreementView"] | undefined {
  return work.agreements.filter((a) => !a.replaced).at(-1);
}

const orNull = (text: string): string | null => text.trim() || null;

/** Sends one act on the version of the case that was seen; refused with 412 when it has changed since. */
export async function send(act: Act, work: Work, f: Form, key: string = newKey()): Promise<void> {
  const params = {
    path: { case_id: work.case_id },
    header: { "If-Match": `"${work.version}"`, "Idempotency-Key": key },
  };
  const agreement_id = f.agreement || (liveAgreement(work)?.agreement_id ?? "");
  const of = { ...params, path: { ...params.path, agreement_id } };
  const calls: Record<Act, () => Promise<unknown>> = {
    accept: () => api.POST("/v1/cases/{case_id}/acceptance", { params, body: { decision: "accept" } }),
    refuse: () => api.POST("/v1/cases/{case_id}/acceptance", { params, body: { decision: "refuse", reason: f.reason } }),
    give_consent: () => api.POST("/v1/cases/{case_id}/consents", { params, body: { party_id: f.party, given: true, note: orNull(f.note) } }),
    refuse_consent: () => api.POST("/v1/cases/{case_id}/consents", { params, body: { party_id: f.party, given: false, note: orNull(f.note) } }),
    hold_session: () => api.POST("/v1/cases/{case_id}/sessions", { params, body: { attended: f.parties, record: f.record, place: orNull(f.place) } }),
    reach_agreement: () => api.POST("/v1/cases/{case_id}/agreements", { params, body: { form: f.form, content: f.content, obligations: f.obligations.map(obligation) } }),
    sign: () => api.POST("/v1/cases/{case_id}/agreements/{agreement_id}/signatures", { params: of, body: signature(f.signer) }),
    perform: () => api.POST("/v1/cases/{case_id}/agreements/{agreement_id}/performances", { params: of, body: { obligation_id: f.obligation, performed_on: f.day, amount: orNull(f.amount) } }),
    breach: () => api.POST("/v1/cases/{case_id}/agreements/{agreement_id}/breaches", { params: of, body: { obligation_id: f.obligation, ...(f.reason ? { reason: f.reason } : {}) } }),
    confirm: () => api.POST("/v1/cases/{case_id}/agreements/{agreement_id}/confirmation", { params: of, body: f.outcome ? { outcome: f.outcome, decided_on: f.day } : { applied_on: f.day } }),
    extend: () => api.POST("/v1/cases/{case_id}/extensions", { params, body: { due_on: f.day, agreed_by: f.parties } }),
    terminate: () => api.POST("/v1/cases/{case_id}/termination", { params, body: { reason: f.reason } }),
    close: () => api.POST("/v1/cases/{case_id}/closing", { params, body: { reason: orNull(f.reason), explanation: orNull(f.note) } }),
    archive: () => api.POST("/v1/cases/{case_id}/archive", { params, body: { explanation: orNull(f.note), retention_years: f.years } }),
  };
  await calls[act]();
}

function obligation(one: Form["obligations"][number]): Schemas["ObligationIn"] {
  return { debtor: one.debtor, creditor: orNull(one.creditor), amount: orNull(one.amount), due_on: one.due_on, text: orNull(one.text) };
}

/** `party:<id>`, `mediator` or `seal`, as the agreement names the signatures that are missing. */
export function signature(signer: string): Schemas["SignatureIn"] {
  const [kind, id] = signer.split(":");
  return { signer_kind: kind as "party" | "mediator" | "seal", signer_id: id ?? null };
}
