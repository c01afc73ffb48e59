"""What couriers are called: by the merchant, and, more loosely, by the API."""

SOLD_AS = {
    "sf_express": "SF Express",
    "dhl_express": "DHL Express",
    "fedex": "FedEx",
    "ups": "UPS",
    "hongkong_post": "Hongkong Post",
    "ems": "EMS",
    "zto": "ZTO Express",
    "yto": "YTO Express",
    "yunda": "Yunda Express",
    "4px": "4PX",
}

# (shipping_provider, courier_name) as answers spell them
ANSWERED_AS = {
    "sf_express": (("Sf Express", "Sf Express"), ("SF Express", "Sf Express"), ("Sf Express", "順豐速運")),
    "dhl_express": (("Dhl Express", "DHL Express"), ("DHL", "DHL Express")),
    "fedex": (("Fedex", "FedEx"), ("FedEx", "Fedex International")),
    "ups": (("Ups", "UPS"),),
    "hongkong_post": (("Hongkong Post", "Hongkong Post"), ("HK Post", "香港郵政")),
    "ems": (("Ems", "EMS"), ("EMS", "China EMS")),
    "zto": (("Zto Express", "ZTO Express"), ("ZTO", "中通快递")),
    "yto": (("Yto Express", "YTO Express"), ("YTO", "圆通速递")),
    "yunda": (("Yunda Express", "Yunda"),),
    "4px": (("4px", "4PX"), ("4PX Express", "4PX")),
}
