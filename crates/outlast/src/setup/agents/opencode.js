// Written by "outlast setup agents", taken away by "outlast setup agents --undo".
// Tells outlast what opencode does, in the form of Claude Code's hooks, one process for each; what it asks waits there for an
// answer, too. Who answers first has answered: opencode's own dialog is open all the while.
import { spawn } from "node:child_process"

const OUTLAST = "@OUTLAST@"

export const Outlast = async ({ directory, client }) => {
  const parents = new Map()
  const begun = new Set()
  let last = Promise.resolve()

  // What opencode asks, by its own id: the hook that waits for an answer.
  const asks = new Map()
  // What is about to be asked here.
  const pending = new Set()
  // What tools were called with, by the id of the call.
  const calls = new Map()

  const record = (name, session, more) => {
    if (!process.env.TMUX_PANE || !session) return
    const parent = parents.get(session)
    const record = { hook_event_name: name, session_id: parent || session, cwd: directory, ...more }
    if (parent) record.agent_id = session
    return JSON.stringify(record)
  }

  const hook = (out) => spawn(OUTLAST, ["hook", "--agent", "opencode"], { stdio: ["pipe", out, "ignore"] })

  // One after the other, or they would arrive in any order.
  const tell = (name, session, more) => {
    const text = record(name, session, more)
    if (!text) return
    last = last.then(() => new Promise((done) => {
      try {
        const child = hook("ignore")
        child.on("error", done)
        child.on("close", done)
        child.stdin.on("error", () => {})
        child.stdin.end(text)
      } catch {
        done()
      }
    }))
  }

  // Asks in outlast; `answer` is given what was decided there.
  const ask = (id, session, more, answer) => {
    const text = record("PermissionRequest", session, more)
    if (!text || asks.has(id)) return
    const asked = { session, more }
    asks.set(id, asked)
    last = last.then(() => {
      if (asks.get(id) !== asked) return
      try {
        const child = hook("pipe")
        asked.child = child
        let said = ""
        child.stdout.setEncoding("utf8")
        child.stdout.on("data", (part) => { said += part })
        child.on("error", () => {})
        child.on("close", async () => {
          if (asks.get(id) !== asked) return
          asks.delete(id)
          try {
            if (said) await answer(JSON.parse(said))
          } catch {}
        })
        child.stdin.on("error", () => {})
        child.stdin.end(text)
      } catch {}
    })
  }

  // It was answered: here or there.
  const answered = (id, session) => {
    const asked = asks.get(id)
    pending.delete(id)
    asks.delete(id)
    tell("PostToolUse", session, asked ? asked.more : { tool_name: "permission" })
    if (asked) last = last.then(() => asked.child?.kill())
  }

  process.on("exit", () => asks.forEach((asked) => asked.child?.kill()))

  // The client for plugins knows an older form of the interface; what it is made of takes any.
  const post = (url, requestID, body) =>
    client._client.post({ url, path: { requestID }, body, headers: { "Content-Type": "application/json" } })

  const permission = async (about) => {
    const name = about.permission || ""
    pending.add(about.id)
    const known = () => {
      const call = calls.get(about.tool?.callID)
      return Object.keys(call?.input || {}).length ? call : undefined
    }
    // What the tool was called with may be told a moment later than that leave is asked for it.
    for (let n = 0; n < 20 && about.tool?.callID && !known(); n++) await new Promise((done) => setTimeout(done, 50))
    if (!pending.delete(about.id)) return
    const call = known()
    const of = (tool, input) => ({ tool_name: tool, tool_input: input })
    // A command as rules and people know it; what else is asked for its sake is another matter.
    let what = of(name, { patterns: about.patterns || [], ...about.metadata, ...(call && { for: call }) })
    if (name === "bash" && call?.tool === "bash" && call.input?.command) what = of("Bash", call.input)
    if (name === "edit" && about.metadata?.filepath) {
      what = of("Edit", { file_path: about.metadata.filepath, diff: about.metadata.diff || "", patterns: about.patterns || [] })
    }
    const rules = (about.always || []).map((pattern) => ({ toolName: name, ruleContent: pattern }))
    if (rules.length) what.permission_suggestions = [{ type: "addRules", behavior: "allow", destination: "session", rules }]
    ask(about.id, about.sessionID, what, (said) => post("/permission/{requestID}/reply", about.id, said))
  }

  const question = (about) => {
    const questions = (about.questions || []).map((one) => ({ ...one, multiSelect: !!one.multiple }))
    const what = { tool_name: "AskUserQuestion", tool_input: { questions } }
    ask(about.id, about.sessionID, what, (said) => said.answers
      ? post("/question/{requestID}/reply", about.id, { answers: said.answers })
      : post("/question/{requestID}/reject", about.id, undefined))
  }

  const begins = (session) => {
    if (!session || begun.has(session) || parents.has(session)) return
    begun.add(session)
    tell("SessionStart", session, { source: "startup" })
  }

  return {
    "chat.message": async (input, output) => {
      begins(input.sessionID)
      const text = (output?.parts || []).map((part) => part.text || "").join(" ")
      tell("UserPromptSubmit", input.sessionID, { prompt: text.slice(0, 1000) })
    },
    event: async ({ event }) => {
      const about = event.properties || {}
      const session = about.sessionID || about.info?.sessionID
      switch (event.type) {
        case "session.created":
          if (about.info?.parentID) {
            parents.set(about.info.id, about.info.parentID)
            tell("SubagentStart", about.info.id, { agent_type: about.info.title || "" })
          }
          break
        case "session.idle":
          tell(parents.has(session) ? "SubagentStop" : "Stop", session, {})
          break
        case "session.error":
          tell("StopFailure", session, { error: about.error?.name || "", error_details: about.error?.data?.message || "" })
          break
        case "message.part.updated": {
          const part = about.part || {}
          if (part.type !== "tool" || !part.callID) break
          if (part.state?.status === "completed" || part.state?.status === "error") calls.delete(part.callID)
          else calls.set(part.callID, { tool: part.tool, input: part.state?.input })
          break
        }
        case "permission.asked":
          permission(about)
          break
        case "question.asked":
          question(about)
          break
        case "permission.replied":
        case "question.replied":
        case "question.rejected":
          answered(about.requestID || about.permissionID, session)
          break
      }
    },
  }
}
