"""Every command of the command line: its words, the function behind it, and one line of help.

The modules are imported when their command is called, so a list of commands and a mistyped one are answered at once.
To add a command, write its function in a module of this package and add a line here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """One command.

    Attributes:
        words: as it is typed, such as ``requests list``.
        target: the function, as ``module:function`` below this package.
        help: the first line of the function's docstring.
    """

    words: str
    target: str
    help: str


class Group(NamedTuple):
    """Commands with one first word.

    Attributes:
        help: what they are about.
        default: the command that the first word alone stands for; without one it shows the help.
    """

    help: str
    default: str | None = None


COMMANDS: Mapping[str, Sequence[Command]] = {
    "Synchronize": (
        Command("plan", "sync.runs:plan", "Show what a sync, or a resync of the ticked populations, would send."),
        Command("sync", "sync.runs:sync", "Run a sync now: send the changes from HR and queue them for review."),
        Command("resync", "sync.runs:resync", "Send a file with everyone in the ticked populations."),
        Command(
            "snapshot",
            "sync.runs:snapshot",
            "Fill an empty database from HR once, without a file and without requests.",
        ),
        Command("intake", "sync.intake:intake", "Process the files that are waiting, for sites that only receive."),
        Command("received", "sync.intake:received", "List the files that were received or quarantined, newest last."),
        Command("status", "sync.status:status", "Show the status of every site, the most urgent first."),
        Command("explain", "sync.explain:explain", "Show why an employee was sent, skipped, or blocked, run by run."),
        Command("runs list", "sync.lists:list_runs", "List the runs, newest last."),
        Command("runs show", "sync.lists:show_run", "Show one run in full."),
        Command("deliveries list", "sync.lists:list_deliveries", "List the deliveries, newest last."),
        Command("deliveries show", "sync.lists:show_delivery", "Show one delivery and the rows in its file."),
        Command(
            "deliveries retry",
            "sync.delivery_decisions:retry",
            "Send a delivery in trouble again: same bytes, same name.",
        ),
        Command(
            "deliveries confirm",
            "sync.delivery_decisions:confirm",
            "Record that the receiver has a delivery. Nothing is sent.",
        ),
        Command(
            "deliveries caught-up",
            "sync.delivery_decisions:caught_up",
            "After a restore, record which files the receiver has, so that sending can continue.",
        ),
        Command("issues list", "sync.lists:list_issues", "List the open data issues, newest last."),
        Command("issues show", "sync.lists:show_issue", "Show one data issue."),
        Command("issues release", "review.release:release", "Release an employee whom HR does not show any more."),
        Command("mapping show", "sync.mapping:show", "Show the mapping in force, and where each entry comes from."),
        Command("mapping try", "sync.mapping:try_mapping", "Show what the mapping makes of one employee."),
        Command("sites list", "sync.sites:list_sites", "List the sites: their file, their source, and any problem."),
    ),
    "Review": (
        Command("requests list", "review.requests:list_requests", "List the requests, newest last."),
        Command("requests show", "review.requests:show_request", "Show one request: changes, warnings, and effects."),
        Command("requests approve", "review.requests:approve", "Approve requests and apply them to the participants."),
        Command(
            "requests decline",
            "review.requests:decline",
            "Decline requests. Nothing changes, and no new request opens until HR changes.",
        ),
        Command(
            "requests ask-again",
            "review.requests:ask_again",
            "Open a request again for values that were declined by mistake.",
        ),
        Command("people list", "review.people:list_people", "List the participants, newest last."),
        Command("people show", "review.people:show_person", "Show one participant and their pending requests."),
        Command("people edit", "review.people:edit", "Set fields of a participant. HR is not changed."),
        Command("people terminate", "review.people:terminate", "Terminate a participant. HR is not changed."),
        Command(
            "people correct-ssn",
            "review.people:correct_ssn",
            "Give a participant another SSN, after two people entered the same one. HR is not changed.",
        ),
        Command(
            "people reinstate",
            "review.people:reinstate",
            "Make a terminated participant active again. Ended coverage stays ended.",
        ),
    ),
    "Benefits": (
        Command("events list", "benefits.events:list_events", "List the events, newest last."),
        Command(
            "events flagged",
            "benefits.events:flagged",
            "List the events to review: out of sequence, disconnected, or with changed eligibility.",
        ),
        Command(
            "events terminations",
            "benefits.events:terminations",
            "List the events that would end all coverage and must be marked final first.",
        ),
        Command(
            "events waiting",
            "benefits.events:waiting",
            "List the approved terminations that wait behind an open event while the coverage goes on.",
        ),
        Command("events show", "benefits.events:show", "Show one event: offers, elections, and posted coverage."),
        Command("events board", "benefits.events:board", "Check the rules that benefit events must always satisfy."),
        Command("events open", "benefits.events:open_event", "Open events for processing."),
        Command("events close", "benefits.events:close", "Set events aside, so that others can be opened."),
        Command(
            "events final",
            "benefits.events:final",
            "Have the next run finish events, with defaults where there is no election.",
        ),
        Command(
            "events void", "benefits.events:void", "Have the next run void events and restore the coverage before them."
        ),
        Command(
            "events reprocess", "benefits.events:reprocess", "Have the next run take events back to an earlier stage."
        ),
        Command("events clear", "benefits.events:clear", "Clear a flag after review."),
        Command("events notify", "benefits.events:notify", "Record that the statements of events were sent today."),
        Command(
            "events elect", "benefits.events:elect", "Enter the elections for one event. The next run checks them."
        ),
        Command(
            "events run",
            "benefits.event_runs:run",
            "Process benefit events: create them from activities, prepare, check elections, and post coverage.",
        ),
        Command(
            "events begin",
            "benefits.event_runs:begin",
            "Give each participant without events a closed snapshot event, once, when a site gets its rulebook.",
        ),
        Command(
            "events summary",
            "benefits.event_runs:summary",
            "Show the totals of an event run and the events it left out.",
        ),
        Command(
            "passive run",
            "benefits.event_runs:search",
            "Find employees who reach an age or a length of service between two days.",
        ),
        Command("passive history", "benefits.event_runs:history", "List the searches that were run, newest last."),
        Command("activities list", "benefits.activities:list_activities", "List the activities, newest last."),
        Command(
            "activities add", "benefits.activities:add", "Add an activity manually, such as a birth or a marriage."
        ),
        Command("activities hold", "benefits.activities:hold", "Hold activities: they become events after a release."),
        Command("activities release", "benefits.activities:release", "Release held activities."),
        Command(
            "activities delete", "benefits.activities:delete", "Delete activities for good. Participants do not change."
        ),
        Command("enrollments list", "benefits.coverage:list_coverage", "List the coverage rows by effective date."),
        Command(
            "enrollments show", "benefits.coverage:show_coverage", "Show one person's coverage and every row behind it."
        ),
        Command(
            "enrollments salary",
            "benefits.coverage:salary",
            "Set the salary for a coverage manually. Later salary changes no longer affect it.",
        ),
        Command(
            "enrollments proof",
            "benefits.coverage:proof",
            "Record that the proof of insurability was received. The elected sum is in force from that day on.",
        ),
        Command(
            "enrollments template", "benefits.census:template", "Print the heading of a census of present coverage."
        ),
        Command(
            "enrollments preview",
            "benefits.census:preview",
            "Show what loading a census of present coverage would do, with each problem. Nothing is written.",
        ),
        Command(
            "enrollments load",
            "benefits.census:load",
            "Load a census of present coverage, exactly as its preview showed it.",
        ),
        Command(
            "cobra list", "benefits.coverage:list_cobra", "List the COBRA records with the next step and its due date."
        ),
        Command(
            "dependents list",
            "benefits.dependents:list_dependents",
            "List one person's dependents and beneficiaries on a day.",
        ),
        Command("dependents add", "benefits.dependents:add", "Add a dependent or beneficiary from a day on."),
        Command(
            "dependents change",
            "benefits.dependents:change",
            "Change a dependent from a day on. Earlier days stay as they were.",
        ),
        Command(
            "dependents drop",
            "benefits.dependents:drop",
            "Drop a dependent from a day on. The next run ends their coverage by the rule of the rulebook.",
        ),
        Command(
            "dependents enroll-all",
            "benefits.dependents:enroll_all",
            "Assign everybody to the elections of an event: dependents whom an option covers, and even shares.",
        ),
        Command(
            "dependents beneficiaries",
            "benefits.dependents:beneficiaries",
            "Set the beneficiaries of a coverage from a day on, in place of those of before.",
        ),
        Command("cobra reach", "benefits.coverage:reach", "Record that a COBRA step was taken."),
        Command("cobra close", "benefits.coverage:close", "Close a COBRA record that needs nothing more."),
        Command("rules check", "benefits.rules:check", "Check rulebooks and list all problems at once."),
        Command(
            "rules actions", "benefits.rules:actions", "List what the actions and reasons of HR mean, with history."
        ),
        Command("rules show", "benefits.rules:show", "Show the rulebook, or the parts that apply to one employee."),
    ),
    "Set up and serve": (
        Command("init", "setup.init:init", "Write a commented configuration and a state key."),
        Command("check", "setup.setup:check", "Check everything that a run needs, and say how to fix what fails."),
        Command("migrate", "setup.setup:migrate", "Upgrade the database to the schema of this version."),
        Command("connectors", "setup.setup:connectors", "List the installed source connectors."),
        Command("demo", "setup.demo:demo", "Run the whole process on this machine with a made-up company."),
        Command("daemon", "setup.daemon:daemon", "Run syncs on schedule and send alerts, until stopped."),
        Command("worker", "setup.worker:worker", "Take jobs from the procrastinate queue, until stopped."),
        Command("serve", "setup.serve:serve", "Serve the web pages, until stopped."),
        Command("users add", "setup.users:add", "Add a user with a first role. The QR code is shown only once."),
        Command("users reset", "setup.users:reset", "Give a user a new password, QR code, and recovery codes."),
        Command("users list", "setup.users:list_users", "List the users and their roles."),
        Command("users grant", "setup.users:grant", "Give a user a role on a site. Their sessions end."),
        Command("users revoke", "setup.users:revoke", "Take a role on a site from a user. Their sessions end."),
        Command("users disable", "setup.users:disable", "Disable an account. Its sessions end at once."),
        Command("users enable", "setup.users:enable", "Enable a disabled account, with the roles it had."),
        Command("users token", "setup.users:token", "Create an API token for a user. It is shown only once."),
        Command("users tokens", "setup.users:tokens", "List a user's API tokens and when each was last used."),
        Command("users revoke-token", "setup.users:revoke_token", "Revoke an API token at once."),
    ),
    "Maintain": (
        Command("backup", "upkeep.maintenance:backup", "Copy the whole database into one file while runs continue."),
        Command("restore", "upkeep.maintenance:restore", "Replace the database with a backup."),
        Command("fsck", "upkeep.maintenance:fsck", "Check the database for inconsistencies. Nothing is fixed."),
        Command("drill", "upkeep.drill:drill", "Rehearse disasters on a copy of the live configuration."),
        Command("keys status", "upkeep.maintenance:show_keys", "List the versions of the state key and their use."),
        Command(
            "keys rotate", "upkeep.maintenance:rotate", "Rotate the state key: seal everything with a new version."
        ),
        Command("keys retire", "upkeep.maintenance:retire", "Remove an old version of the state key."),
        Command(
            "retention preview", "upkeep.retention:preview", "Show which records a retention run would delete today."
        ),
        Command("retention apply", "upkeep.retention:apply", "Delete the records that a preview showed, for good."),
        Command("retention holds", "upkeep.retention:list_holds", "List the legal holds in force."),
        Command("retention hold", "upkeep.retention:hold", "Place a legal hold: nothing about the person is deleted."),
        Command("retention release", "upkeep.retention:release", "Release a legal hold."),
        Command("audit list", "sync.lists:list_audit", "List the audit trail, newest last."),
        Command("audit show", "sync.lists:show_audit", "Show one audit entry and what it changed."),
        Command("audit verify", "upkeep.audit:verify", "Verify that no audit entry was changed or removed."),
        Command("audit head", "upkeep.audit:head", "Print the last entry of each audit trail, to keep elsewhere."),
    ),
}
"""The commands under the titles of `bensync --help`."""

GROUPS: Mapping[str, Group] = {
    "runs": Group("The runs of a site.", "list"),
    "deliveries": Group("The files that were sent.", "list"),
    "issues": Group("Data issues: employees who are not sent until a problem is fixed.", "list"),
    "mapping": Group("The mapping from HR fields to bensync fields."),
    "sites": Group("The employers of this deployment."),
    "requests": Group("The queue of requests that wait for a decision."),
    "people": Group(
        "Participants of the benefits platform. ID is the HR employee id, or pN for participant number N.", "list"
    ),
    "events": Group("Benefit events. ID/NUMBER is the HR employee id (or pN) and the number of the event.", "list"),
    "passive": Group("Passive events: what time alone brings about."),
    "activities": Group(
        "Traces of approved changes. ID/NUMBER is the HR employee id (or pN) and the number of the activity.", "list"
    ),
    "enrollments": Group("Coverage rows, each with its effective date. Rows are added, never edited.", "list"),
    "dependents": Group("Dependents and beneficiaries, each version with its effective date.", "list"),
    "cobra": Group("COBRA records and when each step is due.", "list"),
    "rules": Group("The employer's rulebook of benefits."),
    "users": Group("Users of the web pages and their roles."),
    "keys": Group("The state key, which seals everything in the database."),
    "retention": Group("How long data is kept, and legal holds."),
    "audit": Group("Who did what, and when.", "list"),
}
"""The first words that stand before several commands."""
