"""`./iju`: everything an operator or a desk does from a terminal. `--json` prints one document on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx
import sqlalchemy as sa
import typer
from pydantic import ValidationError

from bot import log
from bot.errors import IjuError
from bot.settings import Settings, describe, problem_of

Json = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
knowledge_app = typer.Typer(no_args_is_help=True, help="What the desk knows: check it.")
leads_app = typer.Typer(no_args_is_help=True, help="Consultation requests.")
handoffs_app = typer.Typer(no_args_is_help=True, help="Conversations that people work on.")
dead_app = typer.Typer(no_args_is_help=True, help="What could not be delivered.")
db_app = typer.Typer(no_args_is_help=True, help="The database.")
for name, group in (
    ("knowledge", knowledge_app),
    ("leads", leads_app),
    ("handoffs", handoffs_app),
    ("dead-letters", dead_app),
    ("db", db_app),
):
    app.add_typer(group, name=name)


def read_settings() -> Settings:
    """Settings, or one sentence on what is wrong with them."""
    try:
        if wrong := problem_of(Path(".env")):
            fail(f"設定を直してください：{wrong}")
        return Settings()
    except (ValidationError, UnicodeDecodeError) as error:
        if isinstance(error, ValidationError):
            wrong = "、".join(f"{'.'.join(map(str, e['loc']))}（{e['msg']}）" for e in error.errors())
        else:
            wrong = "文字コードがUTF-8ではありません"
        fail(f"設定（環境変数か .env）を直してください：{wrong}")


def fail(sentence: str, code: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def show(document: Any, as_json: bool, lines: Callable[[], str]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, default=str) if as_json else lines())


def built() -> Any:
    """The app's parts for a command that reads or writes the database."""
    from bot import bootstrap

    settings = read_settings()
    if not settings.engines:
        settings = settings.model_copy(update={"engine_urls": "http://127.0.0.1:1"})
    return bootstrap.build(settings)


@app.command()
def up() -> None:
    """Train if needed, migrate, start engine and app in the foreground (what `make up` runs)."""
    from bot.supervise import up as run

    run(read_settings())


@app.command()
def train() -> None:
    """Train the model if its inputs changed."""
    from bot.supervise import trained_model

    typer.echo(trained_model(read_settings()))


@app.command()
def ask(
    text: str,
    locale: Annotated[str, typer.Option(help="ja, easy_ja or en")] = "ja",
    explain: Annotated[bool, typer.Option("--explain", help="why it is understood so; no desk needs to run")] = False,
    as_json: Json = False,
) -> None:
    """Ask the running desk one question in a new conversation, or explain how a message is understood."""
    settings = read_settings()
    if explain:
        from bot import evaluation

        why = evaluation.explain(settings, text)
        show(why, as_json, lambda: evaluation.explained(why))
        return
    try:
        with httpx.Client(base_url=f"{settings.local}/api/v1", timeout=30, trust_env=False) as client:
            new = client.post("/conversations", json={"locale": locale}).raise_for_status().json()
            turn = client.post(
                f"/conversations/{new['conversation_id']}/messages",
                headers={"Authorization": f"Bearer {new['token']}"},
                json={"message_id": str(uuid4()), "text": text},
            )
    except httpx.TransportError:
        fail(f"{settings.address} が応答しません。先に make up で起動してください。")
    body = turn.json()
    if turn.is_error:
        fail(body["error"]["message"])
    show(body, as_json, lambda: _spoken(body))


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="JSONL: {text, topics, municipalities, style}")],
    against: Annotated[Path | None, typer.Option(help="前回の --json の結果。差を示します")] = None,
    html: Annotated[Path | None, typer.Option(help="図のある報告をこのファイルに書きます")] = None,
    images: Annotated[Path | None, typer.Option(help="図をSVGでこのフォルダに書きます")] = None,
    as_json: Json = False,
) -> None:
    """How much of the files' messages today's model understands; starts a desk of its own for it."""
    from bot import bootstrap, evaluation, evaluation_report
    from knowledge import loader

    knowledge = loader.load(bootstrap.KNOWLEDGE)
    try:
        items = [item for file in files for item in evaluation.read(file, knowledge)]
        before = evaluation.earlier(against) if against else None
        with evaluation.desk(read_settings()) as engine:
            scores = evaluation.score(evaluation.answer(engine, knowledge, items))
        if html:
            html.write_text(evaluation_report.page(scores, before), "utf-8")
        if images:
            images.mkdir(parents=True, exist_ok=True)
            for name, plot in evaluation_report.plots(scores).items():
                if plot.startswith("<svg"):  # nothing was mistaken: nothing to draw
                    (images / f"{name}.svg").write_text(plot, "utf-8")
    except (OSError, ValueError, IjuError) as error:
        fail(f"評価できませんでした：{error}")
    show(scores, as_json, lambda: evaluation.table(scores, before))


def _spoken(turn: dict[str, Any]) -> str:
    lines = [f"[{turn.get('outcome', turn.get('status'))}] {' '.join(turn.get('topics', []))}"]
    for reply in turn.get("replies", []):
        lines += [reply[key] for key in ("title", "text") if reply.get(key)]
        lines += [f"  {label}：{value}" for label, value in reply.get("rows", [])]
        lines += [f"  ・{choice['label']}" for choice in reply.get("choices", [])]
        lines += [f"  出典：{s['title']}（{s['as_of']}）{s['url'] or ''}" for s in reply.get("sources", [])]
    return "\n".join(lines)


@app.command("settings")
def settings_command(as_json: Json = False) -> None:
    """Every setting with its value and default."""
    rows = describe(read_settings())
    width = max(len(row["setting"]) for row in rows)
    show(
        rows,
        as_json,
        lambda: "\n".join(
            f"{r['setting']:<{width}}  {r['value'] or '（空）'}  [{r['default'] or '空'}]  {r['about']}" for r in rows
        ),
    )


@db_app.command("upgrade")
def db_upgrade(as_json: Json = False) -> None:
    """Bring the database to the newest version of its tables."""
    from bot.db.upgrade import upgrade

    settings = read_settings()
    settings.var.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database)
    show({"status": "ok"}, as_json, lambda: "データベースは最新です。")


@knowledge_app.command("check")
def knowledge_check(as_json: Json = False) -> None:
    """Schema, references, dates, contradictions, topics without an answer. Exit code 1 where something is wrong."""
    from bot.bootstrap import KNOWLEDGE
    from bot.clock import Clock
    from knowledge.validate import check

    findings = check(KNOWLEDGE, Clock(read_settings().now).today())
    errors = [finding for finding in findings if finding.level == "error"]
    document = {"errors": len(errors), "findings": [vars(finding) for finding in findings]}
    show(
        document,
        as_json,
        lambda: "\n".join(
            [
                *(f"{f.level}: {f.record}: {f.message}" for f in findings),
                f"誤り {len(errors)} 件、注意 {len(findings) - len(errors)} 件",
            ]
        ),
    )
    if errors:
        raise typer.Exit(1)


@leads_app.command("export")
def leads_export(
    form: Annotated[str, typer.Option("--format", help="csv (UTF-8 with BOM), cp932 or xlsx")] = "csv",
    out: Annotated[Path | None, typer.Option(help="file to write; csv goes to the terminal without it")] = None,
    as_json: Json = False,
) -> None:
    """All consultation requests, oldest first."""
    from bot.crm import export, service

    iju = built()
    with iju.database.read() as session:
        rows = service.rows(session)
    if as_json:
        show({"leads": rows}, True, str)
        return
    names = {code: name for name, code in iju.knowledge.codes.items()}
    for row in rows:
        row["destination"] = [names.get(code, code) for code in row["destination"]]
    columns = service.COLUMNS
    if form == "xlsx":
        data = export.to_xlsx(rows, columns)
    elif form in ("csv", "cp932"):
        data = export.to_csv(rows, columns, "cp932" if form == "cp932" else "utf-8-sig")
    else:
        fail("--format は csv、cp932、xlsx のどれかです。")
    if out:
        out.write_bytes(data)
        typer.echo(f"{len(rows)}件を {out} に書き出しました。", err=True)
    else:
        sys.stdout.buffer.write(data)


@handoffs_app.command("list")
def handoffs_list(as_json: Json = False) -> None:
    """Conversations waiting for people, oldest first."""
    rows = built().handoffs.open()
    show(
        rows,
        as_json,
        lambda: (
            "\n".join(
                f"{r['conversation_id']}  {r['desk']}  {r['since']}  {r['last_author']}：{r['last_text']}" for r in rows
            )
            or "引き継いだ会話はありません。"
        ),
    )


@handoffs_app.command("reply")
def handoffs_reply(conversation_id: str, text: str, as_json: Json = False) -> None:
    """Answer a handed-off conversation as staff."""
    _hand(lambda handoffs: handoffs.reply(conversation_id, text), conversation_id, as_json, "返事を送りました。")


@handoffs_app.command("return")
def handoffs_return(conversation_id: str, as_json: Json = False) -> None:
    """Give a conversation back to the bot; the resident is told."""
    _hand(lambda handoffs: handoffs.give_back(conversation_id), conversation_id, as_json, "ボットに戻しました。")


def _hand(work: Callable[[Any], bool], conversation_id: str, as_json: bool, said: str) -> None:
    from bot import workflows

    iju = built()
    if work(iju.handoffs):
        workflows.enqueue_from_outside(iju.settings, conversation_id)
    show({"status": "ok", "conversation_id": conversation_id}, as_json, lambda: said)


@dead_app.command("list")
def dead_list(as_json: Json = False) -> None:
    """Deliveries that were given up (dead) or whose fate is unknown (uncertain)."""
    from bot.conversation import repository

    with built().database.read() as session:
        rows = [
            {
                "id": r.seq,
                "conversation_id": r.conversation_id,
                "status": r.status,
                "error": r.last_error,
                "at": r.created_at,
            }
            for r in repository.dead_letters(session)
        ]
    show(rows, as_json, lambda: "\n".join(f"{r['id']}  {r['status']}  {r['error']}" for r in rows) or "ありません。")


@dead_app.command("retry")
def dead_retry(row_id: int, as_json: Json = False) -> None:
    """Put a dead delivery back into the outbox."""
    from bot import workflows
    from bot.conversation.models import OutboxRow

    iju = built()
    with iju.database.write() as session:
        row = session.get(OutboxRow, row_id)
        if row is None or row.status != "dead":
            fail("その番号の、届かなかった配信はありません（./iju dead-letters list）。")
        row.status, row.ended_at, row.attempts, row.reply_token = "pending", None, 0, None
        conversation_id = row.conversation_id
    workflows.enqueue_from_outside(iju.settings, conversation_id)
    show({"status": "ok", "id": row_id}, as_json, lambda: "もう一度送ります。")


def main() -> None:
    log.configure("WARNING")
    try:
        app()
    except IjuError as error:
        typer.echo(f"{error.ja}{f'（{error.detail}）' if error.detail else ''}", err=True)
        sys.exit(1)
    except sa.exc.SQLAlchemyError as error:
        sentence = (
            "データベースを使えません（{}）。IJU_DATABASE_URL を確かめ、./iju db upgrade で表を用意してください。"
        )
        typer.echo(sentence.format(type(error).__name__), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
