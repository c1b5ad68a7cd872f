// Written by tools/make_messages.py from cnnviz/ui/messages.py.

export interface Scale {
  stops: string[];
  low: number;
  high: number;
}

export interface Packed {
  bits: number;
  text: string;
}

export interface StepperGrids {
  input: string;
  weights: string;
  output: string;
  symbol: string;
  function: string;
  channels: string[];
}

export interface StepperScales {
  input: Scale;
  weights: Scale | null;
  output: Scale;
}

export interface StepperMessage {
  inputs: number[][];
  rows: number;
  cols: number;
  pad: number;
  weights: number[][];
  size: number[];
  terms: Packed;
  shares: Packed | null;
  output: number[];
  out_rows: number;
  out_cols: number;
  stride: number;
  dilation: number;
  bias: number | null;
  combine: string;
  start: number;
  names: StepperGrids;
  scales: StepperScales;
}

export interface NumberGridMessage {
  values: number[][];
  label: string;
  scale: Scale;
  most: number;
  cell: number;
  help: string;
}

export interface StepPlayerMessage {
  run: string;
  steps: number[];
  total: number;
  step: number | null;
  live: boolean;
}

export interface WallLabel {
  text: string;
  colour: string;
}

export interface WallSheet {
  name: string;
  title: string;
  shape: string;
  unit: string;
  alt: string;
  url: string;
  count: number;
  columns: number;
  rows: number;
  height: number;
  width: number;
  cells: boolean;
  field: number[] | null;
  hint: string;
  low: string;
  high: string;
  css: string;
  stops: string[];
  span: number[];
  target: number;
  most: number;
  labels: WallLabel[] | null;
}

export interface WallMark {
  layer: string;
  map: number;
}

export interface MapWallMessage {
  sheets: WallSheet[];
  picked: WallMark | null;
  pickable: boolean;
}

export interface SketchpadMessage {
  store: string;
}

export interface ScatterGroup {
  sign: string;
  name: string;
  colour: string;
}

export interface ScatterMessage {
  x: number[];
  y: number[];
  group: number[];
  ringed: boolean[];
  texts: string[];
  groups: ScatterGroup[];
  sprite: string;
  columns: number;
  side: number;
  alt: string;
  hint: string;
}

export interface MatrixMessage {
  values: number[][];
  shares: number[][];
  rows: string[];
  columns: string[];
  row_title: string;
  column_title: string;
  picked: number[] | null;
  scale: Scale;
  low: string;
  high: string;
  caption: string;
}

export interface BoxMark {
  box: number[];
  text: string;
  colour: string;
  dashed: boolean;
}

export interface BoxStep {
  words: string;
  states: string;
}

export interface BoxesMessage {
  url: string;
  alt: string;
  width: number;
  height: number;
  target: number;
  boxes: BoxMark[];
  steps: BoxStep[];
  start: number;
  caption: string;
  head: string[];
  rows: string[][];
}

export interface NetworkCard {
  name: string;
  block: string;
  title: string;
  kind: string;
  shape: number[];
  parameters: number | null;
  multiply_adds: number | null;
  field: string;
}

export interface NetworkFrame {
  name: string;
  parent: string;
  title: string;
}

export interface NetworkMessage {
  title: string;
  alt: string;
  shape: number[];
  cards: NetworkCard[];
  frames: NetworkFrame[];
  lines: any[];
  folded: string[];
  picked: string;
  pickable: boolean;
  colours: Record<string, string>;
}

export interface PixelSheetMessage {
  name: string;
  channel: number | null;
  rows: number;
  cols: number;
  lines: number;
  colours: string[];
  texts: string[];
  changed: number[];
}

export interface Overview {
  url: string;
  height: number;
  width: number;
  alt: string;
}

export interface PixelsMessage {
  sheets: PixelSheetMessage[];
  top: number;
  left: number;
  overview: Overview | null;
  unit: string;
  low: number;
  high: number;
  hint: string;
}

export interface LensMessage {
  source: string;
  result: string;
  height: number;
  width: number;
  kernel: number[];
  side: number;
  scale: Scale;
  products: Scale;
  source_title: string;
  result_title: string;
  alt: string;
}

export interface FlattenMessage {
  channels: number;
  rows: number;
  cols: number;
  values: number[];
  scale: Scale;
  start: number;
}

export interface LiveRun {
  id: string;
  title: string;
  state: string;
  step: number;
  snapshot: number | null;
  colours: string[];
  dash: string;
}

export interface LiveMessage {
  runs: LiveRun[];
  quantities: string[];
  training: boolean;
  weights: boolean;
  step: number | null;
  alt: Record<string, string>;
  reports: any[] | null;
  names: Record<string, string>;
}

export interface PlaneSetCard {
  name: string;
  title: string;
  problem: string;
  least: number;
  most: number;
}

export interface PlaygroundMenus {
  sets: PlaneSetCard[];
  features: Record<string, string>;
  activations: Record<string, string>;
  optimizers: Record<string, string>;
  memory: Record<string, string[]>;
  schedules: Record<string, string>;
  inits: Record<string, string>;
  outputs: Record<string, string>;
  penalties: Record<string, string>;
}

export interface PlaygroundMessage {
  experiment: Record<string, any>;
  answers: string;
  seeds: number;
  digits: number[][];
  menus: PlaygroundMenus;
  diverging: string[];
  sequential: string[];
  classes: string[];
  train: string;
  test: string;
}

export interface ChainNumber {
  grid: string;
  place: number;
  value: number;
}

export interface ChainPart {
  left: ChainNumber;
  right: ChainNumber | null;
  product: number;
}

export interface ChainStop {
  phase: string;
  name: string;
  grid: string;
  place: number;
  part: string;
  rule: string;
  terms: ChainPart[];
  value: number;
  sum: boolean;
}

export interface ChainTable {
  name: string;
  title: string;
  rows: number;
  columns: number;
  values: number[];
  gradients: number[];
  updated: number[] | null;
}

export interface ChainLayout {
  width: number;
  height: number;
  cells: Record<string, number[][]>;
  labels: Record<string, string[]>;
  lines: number[][];
  beside: string[];
}

export interface ChainMessage {
  grids: ChainTable[];
  steps: ChainStop[];
  scale: Scale;
  start: number;
  layout: ChainLayout | null;
}

export interface TapeNode {
  operation: string;
  inputs: number[];
  value: number;
  name: string;
}

export interface DescentRule {
  name: string;
  title: string;
  colour: string;
  memory: string[];
}

export interface DescentMessage {
  nodes: TapeNode[];
  data: number[][];
  low: number[];
  high: number[];
  rules: DescentRule[];
  sequential: string[];
  seed: string;
  rate: number;
  batch: number;
  start: number[];
  answers: string;
}

export interface BuilderOption {
  name: string;
  title: string;
  kind: string;
  low: number | null;
  usual: any;
  empty: string | null;
  choices: Record<string, string>;
}

export interface BuilderKind {
  kind: string;
  title: string;
  colour: string;
  options: BuilderOption[];
  parts: string[];
  fresh: any;
}

export interface BuilderRow {
  address: (number | string)[];
  shape: string;
  parameters: number;
  multiply_adds: number;
  field: string;
  bytes: number;
}

export interface BuilderRepair {
  title: string;
  network: any;
}

export interface BuilderMessage {
  network: any;
  answers: string;
  kinds: BuilderKind[];
  rows: BuilderRow[];
  error: string;
  at: (number | string)[] | null;
  repairs: BuilderRepair[];
  input: string;
  colours: Record<string, string>;
}

export interface QuestionOption {
  text: string;
  picture: string;
}

export interface QuestionGrid {
  title: string;
  head: string[];
  rows: string[][];
  picture: string;
}

export interface QuestionPicture {
  url: string;
  alt: string;
  rows: number;
  columns: number;
}

export interface QuestionCard {
  name: string;
  seed: number;
  kind: string;
  text: string;
  options: QuestionOption[];
  grids: QuestionGrid[];
  picture: QuestionPicture | null;
}

export interface QuestionSlip {
  value: number;
  why: string;
}

export interface QuestionSolution {
  answer: string;
  explanation: string;
  right: number;
  value: number | null;
  tolerance: number;
  slips: QuestionSlip[];
  pixels: number[][];
  whys: string[];
  page: string;
  parameters: Record<string, string>;
  title: string;
}

export interface FollowMessage {
  code: string;
  student: string;
  key: string;
}

export interface QuizQuestion {
  name: string;
  title: string;
}

export interface QuizChapter {
  name: string;
  title: string;
  questions: QuizQuestion[];
}

export interface QuizMessage {
  chapter: string;
  title: string;
  card: QuestionCard;
  solution: QuestionSolution;
  chapters: QuizChapter[];
}

export interface LectureBarMessage {
  lecture: string;
  slide: number;
  away: boolean;
  titles: string[];
  minutes: number[];
  spot: string;
  words: Record<string, string>;
}

export interface LectureNotesMessage {
  lecture: string;
  slide: number;
  titles: string[];
  minutes: number[];
  words: Record<string, string>;
}

export interface OwnLectureMessage {
  text: string | null;
  version: number;
}
