// Conditions of a codebook, as the server means them (extraction/codebook/conditions.py). One
// table of cases, tests/extraction/data/conditions.json, holds both to the same meaning.
//
//   evaluate({ all: [{ field: "stage", op: "eq", value: "late" }] }, { stage: "late" }) === true

/** False for what is absent, null, an empty text or an empty list; false and 0 are values. */
export function hasValue(value) {
  return value !== undefined && value !== null && value !== "" && !isEmptyList(value);
}

/**
 * Say whether a condition holds; no condition always does.
 * `missing` maps fields to missing codes; `parents` maps fields to {term: parent term}.
 */
export function evaluate(condition, values, missing = {}, parents = {}) {
  if (!condition) return true;
  const holds = (member) => memberHolds(member, values, missing, parents);
  return condition.all ? condition.all.every(holds) : condition.any.some(holds);
}

/** The names of all fields a condition looks at. */
export function fieldsOf(condition) {
  const members = condition ? condition.all ?? condition.any : [];
  return new Set(members.flatMap((one) => (isTest(one) ? [one.field] : [...fieldsOf(one)])));
}

function memberHolds(member, values, missing, parents) {
  if (!isTest(member)) return evaluate(member, values, missing, parents);
  const value = own(values, member.field);
  if (member.op === "missing") {
    return !hasValue(value) && codeMatches(member, own(missing, member.field));
  }
  return hasValue(value) && compare(member, value, parents);
}

function compare(test, value, parents) {
  switch (test.op) {
    case "eq":
      return among(value, [test.value]);
    case "ne":
      return !among(value, [test.value]);
    case "in":
      return among(value, test.value);
    case "not_in":
      return !among(value, test.value);
    case "descendant_of":
      return below(value, asList(test.value), own(parents, test.field) ?? {});
    case "present":
      return true;
    default:
      throw new Error(`The op “${test.op}” is unknown.`);
  }
}

function codeMatches(test, code) {
  return !Array.isArray(test.value) || test.value.includes(code);
}

function among(value, wanted) {
  return asList(value).some((one) => wanted.some((other) => one === other));
}

function below(value, tops, parents) {
  return asList(value).some((term) => lineOf(term, parents).some((one) => tops.includes(one)));
}

/** The term and all terms above it; a tree that runs in a circle ends the climb. */
function lineOf(term, parents) {
  const line = [];
  let here = term;
  while (hasValue(here) && !line.includes(here)) {
    line.push(here);
    here = own(parents, here);
  }
  return line;
}

const isTest = (member) => "field" in member;
const isEmptyList = (value) => Array.isArray(value) && value.length === 0;
const asList = (value) => (Array.isArray(value) ? value : [value]);
const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);
