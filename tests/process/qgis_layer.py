"""Open the layer in QGIS, and print what it reads; the distribution's Python runs this."""

import json
import sys
from typing import Any

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer


def main(url: str, filter_: str, box: str) -> None:
    """Print the fields and the codes of all rooms, of those in a box, and of those of a filter."""
    application = QgsApplication([], False)  # noqa: FBT003 - without windows
    application.initQgis()
    layer = QgsVectorLayer(f"url='{url}/ogc' typename='rooms'", "rooms", "OAPIF")

    def codes(request: Any) -> list[str]:  # noqa: ANN401 - QGIS has no annotations
        return sorted(feature["code"] for feature in layer.getFeatures(request))

    found = {
        "is_valid": layer.isValid(),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "all": codes(QgsFeatureRequest()),
        "box": codes(QgsFeatureRequest(QgsRectangle(*map(float, box.split(","))))),
    }
    layer.setSubsetString(filter_)
    found["filter"] = codes(QgsFeatureRequest())
    print(json.dumps(found))


main(*sys.argv[1:])
