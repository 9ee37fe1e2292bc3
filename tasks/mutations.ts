import ts from "typescript";

/** A change of one operator, literal or statement of a source file. */
export interface Mutation {
  /** Where the change begins and ends in the text. */
  start: number;
  end: number;
  /** The original text. */
  before: string;
  /** The text that replaces it. */
  after: string;
}

const OPERATORS: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: "!==",
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: "===",
  [ts.SyntaxKind.LessThanToken]: "<=",
  [ts.SyntaxKind.LessThanEqualsToken]: "<",
  [ts.SyntaxKind.GreaterThanToken]: ">=",
  [ts.SyntaxKind.GreaterThanEqualsToken]: ">",
  [ts.SyntaxKind.AmpersandAmpersandToken]: "||",
  [ts.SyntaxKind.BarBarToken]: "&&",
  [ts.SyntaxKind.PlusToken]: "-",
  [ts.SyntaxKind.MinusToken]: "+",
  [ts.SyntaxKind.AsteriskToken]: "/",
  [ts.SyntaxKind.SlashToken]: "*",
};

/** All single changes of a TypeScript text. Types and imports aren't changed. */
export function mutationsOf(text: string): Mutation[] {
  const source = ts.createSourceFile(
    "x.ts",
    text,
    ts.ScriptTarget.Latest,
    true,
  );
  const found: Mutation[] = [];
  const change = (node: ts.Node, after: string) => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    found.push({ start, end, before: text.slice(start, end), after });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const after = OPERATORS[node.operatorToken.kind];
      if (after !== undefined && !joinsTexts(node)) {
        change(node.operatorToken, after);
      }
    } else if (ts.isConditionalExpression(node)) {
      const { whenTrue, whenFalse } = node;
      const [start, end] = [whenTrue.getStart(source), whenFalse.getEnd()];
      found.push({
        start,
        end,
        before: text.slice(start, end),
        after: `${whenFalse.getText(source)} : ${whenTrue.getText(source)}`,
      });
    } else if (node.kind === ts.SyntaxKind.TrueKeyword) {
      change(node, "false");
    } else if (node.kind === ts.SyntaxKind.FalseKeyword) {
      change(node, "true");
    } else if (ts.isNumericLiteral(node)) {
      const value = Number(node.text);
      change(node, String(value + 1));
      if (value > 0) change(node, String(value - 1));
    } else if (
      ts.isPrefixUnaryExpression(node) &&
      node.operator === ts.SyntaxKind.ExclamationToken
    ) {
      change(node, node.operand.getText(source));
    } else if (
      ts.isExpressionStatement(node) || ts.isReturnStatement(node) ||
      ts.isThrowStatement(node) || ts.isContinueStatement(node) ||
      ts.isBreakStatement(node)
    ) {
      if (isRemovable(node, source)) change(node, ";");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Whether a statement can be removed with an effect. */
function isRemovable(node: ts.Statement, source: ts.SourceFile): boolean {
  const text = node.getText(source);
  if (text.startsWith("super(")) return false;
  const isLast = ts.isBlock(node.parent) &&
    ts.isFunctionLike(node.parent.parent) &&
    node.parent.statements.at(-1) === node;
  return !(isLast && /^return(?: undefined)?;$/.test(text));
}

/** Whether a `+` joins strings: another operator would result in NaN, which proves little. */
function joinsTexts(
  { left, right, operatorToken }: ts.BinaryExpression,
): boolean {
  return operatorToken.kind === ts.SyntaxKind.PlusToken &&
    [left, right].some((side) =>
      ts.isStringLiteralLike(side) || ts.isTemplateExpression(side) ||
      ts.isBinaryExpression(side) && joinsTexts(side)
    );
}

/** A text with a change made. */
export function mutate(text: string, { start, end, after }: Mutation): string {
  return text.slice(0, start) + after + text.slice(end);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
