// Written by "outlast setup agents", taken away by "outlast setup agents --undo".
// Tells outlast what opencode does: in the form of Claude Code's hooks, one process for each.
import { spawn } from "node:child_process"

const OUTLAST = "@OUTLAST@"

export const Outlast = async ({ directory }) => {
  const parents = new Map()
  const begun = new Set()
  let last = Promise.resolve()

  const tell = (name, session, more) => {
    if (!process.env.TMUX_PANE || !session) return
    const parent = parents.get(session)
    const record = { hook_event_name: name, session_id: parent || session, cwd: directory, ...more }
    if (parent) record.agent_id = session
    // One after the other, or they would arrive in any order.
    last = last.then(() => new Promise((done) => {
      try {
        const child = spawn(OUTLAST, ["hook", "--agent", "opencode"], { stdio: ["pipe", "ignore", "ignore"] })
        child.on("error", done)
        child.on("close", done)
        child.stdin.on("error", () => {})
        child.stdin.end(JSON.stringify(record))
      } catch {
        done()
      }
    }))
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
        case "permission.asked":
          tell("Notification", session, {
            notification_type: "permission_prompt",
            message: [about.permission, ...(about.patterns || [])].join(" "),
          })
          break
        case "permission.replied":
          tell("PostToolUse", session, { tool_name: "permission" })
          break
      }
    },
  }
}
