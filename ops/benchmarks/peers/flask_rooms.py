"""Flask and SQLAlchemy's ORM, with a connection pool."""

import uuid

from flask import Flask, Response, abort, jsonify, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

FIELDS = ("code", "size", "price", "longitude", "latitude")
MAX_LIMIT = 1000

engine = create_engine("postgresql+psycopg://")
app = Flask(__name__)


class Base(DeclarativeBase):
    """The models."""


class Room(Base):
    """A room."""

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[uuid.UUID]
    size: Mapped[int]
    price: Mapped[int]
    longitude: Mapped[float]
    latitude: Mapped[float]


@app.get("/rooms")
def rooms() -> Response:
    """Search rooms by price."""
    least = request.args.get("filter_price__gte", default=0, type=int)
    limit = request.args.get("limit", default=100, type=int)
    if not 1 <= limit <= MAX_LIMIT:
        abort(400)
    page = select(Room).where(Room.price >= least).order_by(Room.price, Room.code).limit(limit)
    with Session(engine) as session:
        found = session.scalars(page)
        return jsonify([{name: getattr(room, name) for name in FIELDS} for room in found])
