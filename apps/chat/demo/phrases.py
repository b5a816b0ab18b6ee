"""What the demo's people say: sentences with gaps, and longer pieces in Markdown."""

TITLES = (
    "Release train", "Incident 41: slow search", "Design review", "Onboarding", "Lunch and coffee", "Docs sprint",
    "Weekly notes", "Performance corner", "Customer questions", "Mobile layout", "Infrastructure", "Book club",
)  # fmt: skip
SLOTS = {
    "thing": (
        "the search index", "the import page", "the settings form", "the nightly job", "the draft banner",
        "the message list", "the sign-in page", "the export", "the status page", "the unread counter",
    ),
    "part": ("API", "browser code", "database", "cache", "docs", "task queue", "tests"),
    "time": ("before lunch", "this afternoon", "tomorrow", "by Thursday", "after the release", "in an hour"),
    "number": ("3", "7", "12", "18", "24", "40", "65", "110", "230", "900"),
    "version": ("1.8", "1.9", "1.9.2", "2.0-rc1", "2.0", "2.1"),
    "name": ("demo1", "the new colleague", "support", "the on-call person", "everybody"),
    "mood": ("Nice.", "Good catch.", "Hm.", "Right.", "Great news!", "Sounds fair.", "I see."),
}  # fmt: skip
OPENERS = (
    "Has anybody looked at {thing} since {version}?",
    "Good morning! Plan for today: {thing} first, then the {part}.",
    "I would like to change {thing} {time}. Any objections?",
    "Quick question: who knows how {thing} talks to the {part}?",
    "{name} reported that {thing} takes {number} seconds on a phone.",
    "The {part} is green again, {number} checks passed.",
    "Heads-up: I am going to restart the {part} {time}.",
    "I wrote down what we know about {thing}; comments are welcome {time}.",
)
REPLIES = (
    "{mood} I can have a look {time}.",
    "{mood} It was the {part}, as always.",
    "I saw the same with {version}, but only once in {number} tries.",
    "Could you share the steps? On my machine {thing} is fine.",
    "Let us keep it simple: fix {thing}, leave the {part} alone.",
    "Done. {thing} should be back; please reload.",
    "I am in favour, as long as we measure the {part} first.",
    "Please wait until {version} is out, then go ahead.",
    "{mood} The first {number} are done, the rest follows {time}.",
    "That *might* be the `timeout` we raised in {version}.",
    "**Decision:** we ship {thing} {time} and write the {part} part afterwards.",
    "I added it to the list. ~~It is urgent~~ It can wait until {version}.",
    "See <https://example.com/notes/{number}> for the long version.",
    "Thanks!",
    "+1",
    "Works for me 👍",
    "Back in {number} minutes.",
)
PIECES = (
    "Here is what I measured:\n\n| page | before | after |\n|---|---:|---:|\n| history | {number} ms | 4 ms |\n"
    "| search | {number} ms | 9 ms |\n| list | {number} ms | 3 ms |\n\nThe {part} explains most of it.",
    "Steps so far:\n\n1. stop writing to {thing}\n2. copy the {part}\n3. switch over {time}\n\n"
    "Step 2 takes {number} minutes.",
    "This is the whole change:\n\n```python\ndef unread(conversation, member):\n"
    "    return max(0, conversation.last_sequence - member.last_read_sequence)\n```\n\nNo query needed any more.",
    "The query behind {thing}:\n\n```sql\nSELECT id, text\nFROM message\nWHERE conversation_id = 7\n"
    "  AND sequence <= {number}\nORDER BY sequence DESC\nLIMIT 50;\n```",
    "To try it yourselves:\n\n```console\n$ make run PORT=9000\n$ curl -i http://127.0.0.1:9000/livez\n```\n\n"
    "It should answer within {number} ms.",
    "> {thing} feels slow\n\nI looked into it. Two reasons:\n\n- the {part} asks for every row\n"
    "- nothing is kept between two requests\n\nBoth can be fixed {time}.",
    "### Notes of today\n\n- {version} goes out {time}\n- {name} takes over {thing}\n- the {part} needs an owner\n\n"
    "Anything I forgot?",
    "The event we listen to:\n\n```javascript\ndocument.addEventListener('message:sent', (event) => {{\n"
    "  list.append(row(event.detail));\n}});\n```",
    "Links for the review: [the plan](https://example.com/plan), [the figures](https://example.com/figures/{number})"
    " and [what is left](https://example.com/left).",
)
QUESTIONS = (
    "How do I find out why {thing} is slow?",
    "Summarise what we decided about the {part}.",
    "Can you write a short announcement for {version}?",
    "What is the difference between a timeout and a deadline?",
)
ANSWERS = (
    "Measure first. In this order:\n\n1. the time the {part} takes\n2. the number of queries\n"
    "3. the size of the answer\n\nWhichever is largest is where to begin.",
    "In short: {thing} changes {time}, the {part} stays as it is, and **{version}** carries both.",
    "> **{version} is here.** {thing} is quicker, and the {part} tells you when something waits.\n\n"
    "Shall I make it longer?",
    "A *timeout* limits one step; a *deadline* limits the whole way. With retries only the deadline keeps its promise.",
)
