// llama.cpp as the completion benchmark's opponent, through node-llama-cpp's prebuilt library.
// Reads {"prompt", "tokens", "fresh"} a line on standard input, answers {"ms", "text", "tokens"}.
// The time is taken in here, so the pipe costs llama.cpp nothing.
import {createInterface} from "node:readline";
import {getLlama} from "node-llama-cpp";

const [modelPath, threads] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath});
const context = await model.createContext({contextSize: 2048, threads: Number(threads)});
const sequence = context.getSequence();

async function firstLine({prompt, tokens, fresh}) {
    if (fresh) await sequence.clearHistory();
    const start = performance.now();
    const ids = model.tokenize(prompt);
    await sequence.adaptStateToTokens(ids, false);
    // One token at least has to be read to know what follows it.
    const known = Math.min(sequence.nextTokenIndex, ids.length - 1);
    if (known < sequence.nextTokenIndex) {
        await sequence.eraseContextTokenRanges([{start: known, end: sequence.nextTokenIndex}]);
    }
    const made = [];
    let text = "";
    for await (const token of sequence.evaluate(ids.slice(known), {temperature: 0})) {
        made.push(token);
        text = model.detokenize(made, false, ids.slice(-4));
        if (text.includes("\n") || made.length >= tokens) break;
    }
    return {ms: performance.now() - start, text: text.split("\n")[0], tokens: made.length};
}

console.log(JSON.stringify({ready: llama.cpuMathCores}));
for await (const line of createInterface({input: process.stdin})) {
    console.log(JSON.stringify(await firstLine(JSON.parse(line))));
}
process.exit(0);
